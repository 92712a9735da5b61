/* What is written in lines: typed, pasted, divided, joined. */
import { redo, saver, showHistory, touch, undo } from "./edits.js";
import { caretIn, isSaved, lineAt, newLine, putCaret, showTurns } from "./lines.js";
import { join } from "./merging.js";
import { plainText } from "./saving.js";
import { page, sheet } from "./transcript.js";
import { showDoubts, wordAt } from "./words.js";

const SPACELESS = /[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]/;

function divide(line) {
  const text = line.box.textContent, at = caretIn(line.box);
  const left = text.slice(0, at).trimEnd(), right = text.slice(at).trimStart();
  if (!plainText(left) || !plainText(right)) return;
  const word = wordAt(line, at);
  line.box.textContent = left;
  const more = newLine(right, line.speaker, word ? word.start_ms : line.startMs);
  more.stretch = line.stretch;
  line.stretch.lines.splice(line.stretch.lines.indexOf(line) + 1, 0, more);
  line.row.after(more.row);
  putCaret(more, 0);
  showTurns(); showDoubts(line.stretch);
  touch(line.stretch, 0);
}

export function unite(line, other) {
  const [left, right] = [line.box.textContent.trimEnd(), other.box.textContent.trimStart()];
  const glued = !left || !right || SPACELESS.test(left.at(-1)) || SPACELESS.test(right[0]);
  const stretch = line.stretch === other.stretch ? line.stretch : join([line.stretch, other.stretch]);
  stretch.lines.splice(stretch.lines.indexOf(other), 1);
  other.row.remove();
  line.box.textContent = left + (glued ? "" : " ") + right;
  putCaret(line, left.length + (glued ? 0 : 1));
  showTurns(); showDoubts(stretch);
  touch(stretch, 0);
}

sheet.addEventListener("input", (event) => {
  const line = lineAt(event.target);
  if (!line) return;
  if (line.box.childNodes.length > 1) line.box.normalize();
  touch(line.stretch);
  showHistory();
});
sheet.addEventListener("compositionstart", () => { page.composing = true; });
sheet.addEventListener("compositionend", (event) => { page.composing = false; const line = lineAt(event.target); if (line) touch(line.stretch); });
sheet.addEventListener("focusout", (event) => { const line = lineAt(event.target); if (line && !isSaved(line.stretch)) saver.soon(0); });
sheet.addEventListener("beforeinput", (event) => {
  const line = lineAt(event.target);
  if (!line) return;
  if (event.inputType === "insertParagraph" || event.inputType === "insertLineBreak") { event.preventDefault(); divide(line); }
  if (event.inputType === "historyUndo") { event.preventDefault(); undo(); }
  if (event.inputType === "historyRedo") { event.preventDefault(); redo(); }
});
for (const kind of ["paste", "drop"]) {
  sheet.addEventListener(kind, (event) => {
    if (!lineAt(event.target)) return;
    event.preventDefault();
    const text = (event.clipboardData ?? event.dataTransfer).getData("text/plain").replace(/\s+/g, " ");
    if (text) document.execCommand("insertText", false, text);
  });
}
