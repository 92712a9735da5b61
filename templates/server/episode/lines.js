/* The transcript in the page: what all parts know of it, its lines, their words, the caret. */

/** Texts that are kept in this browser, by name; what it does not keep is kept as long as the page is open. */
export function makeStore(prefix) {
  const held = new Map();
  return {
    get(name) {
      try { return JSON.parse(localStorage.getItem(prefix + name)); } catch { return held.get(name) ?? null; }
    },
    set(name, value) {
      try { localStorage.setItem(prefix + name, JSON.stringify(value)); } catch { held.set(name, value); }
    },
    remove(name) {
      held.delete(name);
      try { localStorage.removeItem(prefix + name); } catch { /* it was not kept */ }
    },
    names() {
      try {
        return Object.keys(localStorage).filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
      } catch { return [...held.keys()]; }
    },
  };
}

export const plainText = (text) => text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/gu, " ").trim().normalize("NFC");

export const { id, me, named, notes, say } = JSON.parse($("texts").textContent);
export const base = `/episodes/${id}`;
export const sheet = $("words");
export const kept = makeStore("transcribe-kept:");

/** A stretch is a run of recognised words, `first` to before `end`, with the lines that it is on the server (`saved`)
    and the lines that stand in the page; mostly one of each. Typing, dividing, joining, other speakers and undoing all
    send the lines of a stretch. `loose`: corrections that lie in no line. `composing`: letters are being put together
    that are no text yet. `gone`: the episode was deleted. */
export const page = { stretches: [], revision: "", speakers: [], loose: [], approval: null, composing: false, gone: false };

const loaded = [], changed = [];
/** Call `act` with the server's answer, before any line is shown. */
export const whenLoaded = (act) => loaded.push(act);
/** Call `act` after the lines in the page were loaded or changed by the server. */
export const whenChanged = (act) => changed.push(act);
export const tellLoaded = (body) => loaded.forEach((act) => act(body));
export const tellChanged = () => changed.forEach((act) => act());

/* Lines: their elements, their speakers, where turns begin */

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

/* Words: their times are those that the server gave; while a line is typed in, they are looked for in its text */

export const DOUBTFUL = 0.4;

/** Where the words of a stretch stand in its lines: [line, from, to, word]. */
export function* wordsIn(stretch) {
  let number = 0, from = 0;
  for (const word of stretch.words) {
    for (let tried = number, at = from; tried < stretch.lines.length; tried++, at = 0) {
      const found = stretch.lines[tried].box.textContent.indexOf(word.text, at);
      if (found >= 0 && found - at < 60) {
        [number, from] = [tried, found + word.text.length];
        yield [stretch.lines[tried], found, from, word];
        break;
      }
    }
  }
}

export function wordAt(line, offset) {
  let best = null;
  for (const [where, from, , word] of wordsIn(line.stretch)) if (where === line && (from <= offset || !best)) best = word;
  return best;
}

export function rangeOf(line, from, to) {
  const node = line.box.firstChild;
  if (!node || node.nodeType !== Node.TEXT_NODE || to > node.length) return null;
  const range = document.createRange();
  range.setStart(node, from);
  range.setEnd(node, to);
  return range;
}

export const highlights = Object.fromEntries(["doubt", "hit", "here", "spot", "lit"].map((name) => {
  const made = typeof Highlight === "function" ? new Highlight() : new Set();
  if (CSS.highlights) CSS.highlights.set(name, made);
  return [name, made];
}));
highlights.lit.priority = 2;
highlights.here.priority = 1;

export function showDoubts(stretch) {
  for (const line of stretch.lines) { for (const each of line.doubts) highlights.doubt.delete(each); line.doubts = []; }
  if (!stretch.words.some((word) => word.probability < DOUBTFUL)) return;
  for (const [line, from, to, word] of wordsIn(stretch)) {
    if (word.probability >= DOUBTFUL) continue;
    const range = rangeOf(line, from, to);
    if (range) { highlights.doubt.add(range); line.doubts.push(range); }
  }
}
