/* Doubtful places are gone through one after the other. */
import { putCaret } from "./lines.js";
import { playFrom, player } from "./listening.js";
import { id, kept, page, say, whenChanged, whenLoaded } from "./transcript.js";
import { DOUBTFUL, highlights, rangeOf, wordsIn } from "./words.js";

const AROUND_MS = 2000, NEAR_MS = 1500;

const looked = new Set(kept.get(`looked:${id}`) ?? []);
let spots = [];

function spotsOf(body) {
  const found = body.to_check.map((each) => ({ ...each }));
  const covers = (ms) => body.to_check.some((each) => each.start_ms <= ms && ms <= each.end_ms);
  let last = null;
  for (const line of body.lines) {
    for (const word of line.words) {
      if (word.probability >= DOUBTFUL || covers(word.start_ms)) continue;
      if (last && word.start_ms - last.end_ms < NEAR_MS && word.start_ms >= last.start_ms) { last.end_ms = Math.max(last.end_ms, word.end_ms); continue; }
      last = { start_ms: word.start_ms, end_ms: word.end_ms, kind: "uncertain", reason: "" };
      found.push(last);
    }
  }
  return found.sort((one, other) => one.start_ms - other.start_ms);
}

const spotName = (spot) => `${spot.kind}-${spot.start_ms}`;
export const marked = () => spots.length > 0;
export const left = () => spots.filter((spot) => !looked.has(spotName(spot)));

function showLeft() {
  const count = left().length;
  $("left").textContent = count ? told(say.doubts_left, { n: count }) : marked() ? say.no_doubts : say.no_marks;
  $("doubtful").disabled = !count;
  $("doubtful").classList.toggle("none", !count);
}

whenLoaded((body) => { spots = spotsOf(body); });
whenChanged(showLeft);

let lastSpot = null;

export function nextDoubt() {
  const rest = left();
  if (!rest.length) return;
  const now = lastSpot ? lastSpot.start_ms : player.nowMs() - 1;
  const spot = rest.find((each) => each.start_ms > now) ?? rest[0];
  lastSpot = spot;
  looked.add(spotName(spot));
  kept.set(`looked:${id}`, [...looked]);
  showLeft();
  highlights.spot.clear();
  let target = null;
  for (const stretch of page.stretches) {
    if (!stretch.words.length || stretch.words.at(-1).end_ms < spot.start_ms || stretch.words[0].start_ms > spot.end_ms) continue;
    for (const [line, from, to, word] of wordsIn(stretch)) {
      if (word.end_ms <= spot.start_ms || word.start_ms >= Math.max(spot.end_ms, spot.start_ms + 1)) continue;
      const range = rangeOf(line, from, to);
      if (range) highlights.spot.add(range);
      target ??= [line, from];
    }
    target ??= [stretch.lines[0], 0];
  }
  target ??= [page.stretches.findLast((each) => (each.words[0]?.start_ms ?? 0) <= spot.start_ms)?.lines[0], 0];
  $("doubt-told").textContent = `${clock(spot.start_ms)} · ${say[`doubt_${spot.kind}`] ?? spot.reason}${spot.reason && spot.kind !== "uncertain" ? ` (${spot.reason})` : ""}`;
  if (target[0]) { putCaret(...target); bring(target[0].row); }
  playFrom(spot.start_ms - AROUND_MS, spot.end_ms + AROUND_MS);
}
