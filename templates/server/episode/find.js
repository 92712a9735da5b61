/* Find and replace. */
import { change, saver, touch } from "./edits.js";
import { allLines, highlights, plainText, rangeOf, say, setText, wantedOf, whenChanged } from "./lines.js";
import { follower } from "./listening.js";

const MOST_SHOWN = 3000;

let hits = [], current = -1;

function pattern() {
  const sought = $("sought").value.normalize("NFC");
  if (!sought) return null;
  const text = sought.replace(/[.*+?^${}()|[\]\\\/]/g, "\\$&");
  const whole = $("whole-word").checked ? ["(?<![\\p{L}\\p{N}_])", "(?![\\p{L}\\p{N}_])"] : ["", ""];
  return new RegExp(whole[0] + text + whole[1], $("match-case").checked ? "gu" : "giu");
}

function search() {
  const sought = pattern();
  hits = []; current = -1;
  highlights.hit.clear(); highlights.here.clear();
  if (sought) {
    for (const line of allLines()) {
      for (const found of line.box.textContent.matchAll(sought)) hits.push({ line, from: found.index, to: found.index + found[0].length });
    }
    for (const hit of hits.slice(0, MOST_SHOWN)) { const range = rangeOf(hit.line, hit.from, hit.to); if (range) highlights.hit.add(range); }
  }
  showCount();
}

function searchAgain() { if (!$("finder").hidden && $("sought").value) { const at = current; search(); current = Math.min(at, hits.length - 1); showCount(); } }

whenChanged(searchAgain);

function showCount() {
  $("count").textContent = !$("sought").value ? "" : !hits.length ? say.no_hits : told(say.hit, { n: current < 0 ? "–" : current + 1, all: hits.length });
  $("replace-all").textContent = told(say.replace_all, { n: hits.length });
  for (const each of ["find-next", "replace-one", "replace-all"]) $(each).disabled = !hits.length;
}

function hop() {
  if (!hits.length) return;
  current = (current + 1) % hits.length;
  highlights.here.clear();
  const { line, from, to } = hits[current], range = rangeOf(line, from, to);
  if (range) highlights.here.add(range);
  follower.lookElsewhere();
  bring(line.row);
  showCount();
}

export async function replaceOne() {
  if (current < 0) { hop(); return; }
  const { line, from, to } = hits[current], at = current;
  const text = line.box.textContent;
  setText(line, text.slice(0, from) + $("instead").value + text.slice(to));
  touch(line.stretch, 0);
  search();
  current = Math.min(at, hits.length) - 1;
  hop();
}

export async function replaceAll() {
  const sought = pattern(), instead = $("instead").value;
  if (!(await saver.now())) return;
  search();
  const touched = new Set(hits.map((hit) => hit.line.stretch));
  const edits = [...touched].map((stretch) => ({
    stretch,
    lines: wantedOf(stretch).map((line) => ({ ...line, text: plainText(line.text.replace(sought, () => instead)) })).filter((line) => line.text),
  }));
  if (edits.length) await change(edits);
  search();
}

export function showFinder(on) {
  $("finder").hidden = !on;
  $("find").setAttribute("aria-expanded", String(on));
  if (on) {
    const chosen = getSelection().toString();
    if (chosen && chosen.length < 80) $("sought").value = plainText(chosen);
    $("sought").focus();
    $("sought").select();
    search();
  } else {
    hits = [];
    highlights.hit.clear(); highlights.here.clear();
    $("find").focus();
  }
}

let waiting = 0;
$("sought").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
for (const each of ["whole-word", "match-case"]) $(each).addEventListener("change", search);
$("finder").addEventListener("submit", (event) => { event.preventDefault(); if (document.activeElement === $("instead")) replaceOne(); else hop(); });
$("finder").addEventListener("keydown", (event) => { if (event.key === "Escape") { event.preventDefault(); showFinder(false); } });
