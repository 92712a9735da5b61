/* The recording is heard: its player, the word that is spoken, and the doubtful places one after the other. */
import { allLines, DOUBTFUL, highlights, id, kept, page, putCaret, rangeOf, say, whenChanged, whenLoaded, wordsIn } from "./lines.js";

let flat = []; // [stretch, place in its words] for every word
let late = true;

whenChanged(() => { late = true; });

function timesNow() {
  if (!late) return;
  late = false;
  flat = [];
  const starts = [], ends = [];
  for (const stretch of page.stretches) {
    stretch.words.forEach((word, n) => { flat.push([stretch, n]); starts.push(word.start_ms); ends.push(word.end_ms); });
  }
  follower.setTimes(starts, ends);
}

function foundWord(number) {
  const [stretch, n] = flat[number] ?? [];
  if (!stretch) return null;
  for (const [line, from, to, word] of wordsIn(stretch)) if (word === stretch.words[n]) return [line, from, to];
  return null;
}

const narrow = matchMedia("(max-width: 61.99rem)");

export const follower = makeFollower({
  stays: () => narrow.matches && document.activeElement?.closest("#review"), // the text is below the list
  light(number) {
    highlights.lit.clear();
    const found = foundWord(number), range = found && rangeOf(...found);
    if (range) highlights.lit.add(range);
  },
  place(number) {
    const found = foundWord(number);
    const line = found ? found[0] : flat[number][0].lines[0];
    const range = found && rangeOf(...found);
    return { box: (range ?? line.row).getBoundingClientRect(), element: line.row };
  },
});

let stopAt = Infinity;
export const player = makePlayer(say, (ms) => {
  timesNow();
  follower.show(ms);
  if (ms >= stopAt) { stopAt = Infinity; player.audio.pause(); }
});
player.audio.addEventListener("pause", () => { stopAt = Infinity; });
export const seekTo = (ms) => { stopAt = Infinity; player.goTo(ms, false); };
export const playFrom = (ms, until = Infinity) => { stopAt = until; player.goTo(ms, true); };

export function heard() {
  timesNow();
  const ms = player.nowMs();
  return [...allLines()].findLast((each) => each.startMs <= ms + 1) ?? page.stretches[0]?.lines[0];
}

/* Doubtful places */

const AROUND_MS = 2000, NEAR_MS = 1500;

const looked = new Set(kept.get(`looked:${id}`) ?? []);
let spots = [];

function spotsOf(body) {
  const found = []; // what the server lists is in the list of what to check
  const covers = (ms) => body.to_check.some((each) => each.start_ms <= ms && ms <= each.end_ms);
  let last = null;
  for (const line of body.lines) {
    for (const word of line.words) {
      if (word.probability >= DOUBTFUL || covers(word.start_ms)) continue;
      if (last && word.start_ms - last.end_ms < NEAR_MS && word.start_ms >= last.start_ms) { last.end_ms = Math.max(last.end_ms, word.end_ms); continue; }
      last = { start_ms: word.start_ms, end_ms: word.end_ms, };
      found.push(last);
    }
  }
  return found;
}

const spotName = (spot) => `uncertain-${spot.start_ms}`;
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

/** Mark the words of a stretch of the recording; the line and the place where they begin, if there are lines. */
export function markPlace(startMs, endMs) {
  highlights.spot.clear();
  let target = null;
  for (const stretch of page.stretches) {
    if (!stretch.words.length || stretch.words.at(-1).end_ms < startMs || stretch.words[0].start_ms > endMs) continue;
    for (const [line, from, to, word] of wordsIn(stretch)) {
      if (word.end_ms <= startMs || word.start_ms >= Math.max(endMs, startMs + 1)) continue;
      const range = rangeOf(line, from, to);
      if (range) highlights.spot.add(range);
      target ??= [line, from];
    }
    target ??= [stretch.lines[0], 0];
  }
  return target;
}

/** The line that is said at a time, or before it. */
export const lineOfTime = (ms) => page.stretches.findLast((each) => (each.words[0]?.start_ms ?? 0) <= ms)?.lines[0];

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
  const target = markPlace(spot.start_ms, spot.end_ms) ?? [lineOfTime(spot.start_ms), 0];
  $("doubt-told").textContent = `${clock(spot.start_ms)} · ${say.doubt_uncertain}`;
  if (target[0]) { putCaret(...target); bring(target[0].row); }
  playFrom(spot.start_ms - AROUND_MS, spot.end_ms + AROUND_MS);
}
