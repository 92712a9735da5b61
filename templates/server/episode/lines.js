/* Lines in the page: their elements, their speakers, where turns begin, the caret. */
import { plainText } from "./saving.js";
import { page, say, whenChanged } from "./transcript.js";

const MARKS = "●■▲◆★✚";

const model = document.createElement("div");
model.className = "line";
model.innerHTML = '<button type="button" class="speaker" tabindex="-1"><span aria-hidden="true"></span> <bdi></bdi></button>'
  + '<a class="stamp" tabindex="-1"><time></time></a><p class="text" role="textbox" spellcheck="true" dir="auto"></p>';
model.lastChild.contentEditable = "plaintext-only";
if (model.lastChild.contentEditable !== "plaintext-only") model.lastChild.contentEditable = "true";
const lineOf = new WeakMap(); // by its row in the page

export function newLine(text, speaker, startMs) {
  const row = model.cloneNode(true), [button, stamp, box] = row.children;
  const line = { row, button, stamp, box, speaker: null, startMs: -1, stretch: null, doubts: [] };
  lineOf.set(row, line);
  box.textContent = text;
  showStart(line, startMs);
  setSpeaker(line, speaker);
  return line;
}

function showStart(line, ms) {
  line.startMs = ms;
  line.stamp.dataset.ms = ms;
  line.stamp.href = `#t=${(ms / 1000).toFixed(3)}`;
  line.stamp.firstChild.textContent = clock(ms);
}

export function setStart(line, ms) {
  if (ms === line.startMs) return;
  showStart(line, ms);
  label(line);
}

export function setSpeaker(line, speaker) {
  line.speaker = speaker;
  if (speaker !== null && !page.speakers.includes(speaker)) page.speakers.push(speaker);
  label(line);
}

function label(line) {
  const who = line.speaker ?? say.nobody;
  line.box.setAttribute("aria-label", told(say.line, { time: clock(line.startMs), who }));
  line.button.lastChild.textContent = who;
  line.button.setAttribute("aria-label", told(say.speaker, { who }));
  const number = page.speakers.indexOf(line.speaker);
  line.button.firstChild.textContent = number < 0 ? "" : MARKS[number % 6];
  line.row.className = number < 0 ? "line" : `line speaker-${number % 6}`;
}

/** Where turns begin: there the name stands. */
export function showTurns() {
  let before;
  const anybody = page.speakers.length > 0;
  for (const line of allLines()) {
    const begins = anybody && line.speaker !== before;
    if (line.row.classList.contains("turn") !== begins) line.row.classList.toggle("turn", begins);
    if (line.button.hidden === begins) line.button.hidden = !begins;
    before = line.speaker;
  }
}

export function* allLines() { for (const stretch of page.stretches) yield* stretch.lines; }
export const textOf = (line) => plainText(line.box.textContent);
export const wantedOf = (stretch) => stretch.lines.map((line) => ({ text: textOf(line), speaker: line.speaker })).filter((line) => line.text);
export const same = (these, those) => these.length === those.length
  && these.every((line, n) => plainText(line.text) === plainText(those[n].text) && (line.speaker ?? null) === (those[n].speaker ?? null));
export const isSaved = (stretch) => same(wantedOf(stretch), stretch.saved);
export function setText(line, text) {
  const at = document.activeElement === line.box ? caretIn(line.box) : -1;
  line.box.textContent = text;
  if (at >= 0) putCaret(line, Math.min(at, text.length));
}

whenChanged(showTurns);

/* The caret */

export function lineAt(node) {
  const row = (node?.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest?.(".line");
  return row ? lineOf.get(row) : undefined;
}

export function caretIn(box) {
  const selection = getSelection();
  if (!selection.rangeCount || !box.contains(selection.anchorNode)) return -1;
  const range = document.createRange();
  range.selectNodeContents(box);
  range.setEnd(selection.focusNode, selection.focusOffset);
  return range.toString().length;
}

export function caret() {
  const line = lineAt(document.activeElement);
  return line && line.box === document.activeElement ? { first: line.stretch.first, offset: caretIn(line.box) } : null;
}

export function lineFrom(first) { return page.stretches.findLast((each) => each.first <= first)?.lines[0]; }

export function putCaret(line, offset) {
  if (!line) return;
  line.box.focus({ preventScroll: true });
  const node = line.box.firstChild, selection = getSelection();
  if (node) selection.collapse(node, Math.max(0, Math.min(offset, node.length))); else selection.collapse(line.box, 0);
  line.row.scrollIntoView({ block: "nearest" });
}

export function neighbour(line, by) {
  const lines = [...allLines()];
  return lines[lines.indexOf(line) + by];
}
