/* Words in the page: their times are those that the server gave; while a line is typed in, they are looked for in its text. */

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
