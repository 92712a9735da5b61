/* What people do on the page: writing in lines, keys, clicks; and how the page begins. */
import { approve, chooseSpeaker, download, followTitle, rejectAll, remove, rename, showNames } from "./choices.js";
import { once } from "./dialogs.js";
import { load, redo, saver, showHistory, touch, undo } from "./edits.js";
import { replaceAll, replaceOne, showFinder } from "./find.js";
import { allLines, caretIn, isSaved, lineAt, neighbour, newLine, page, plainText, putCaret, sheet, showDoubts, showTurns, wordAt } from "./lines.js";
import { follower, heard, nextDoubt, playFrom, player, seekTo } from "./listening.js";
import { join } from "./merging.js";
import { backToItem, beginReview, inReview, toReview } from "./review.js";

/* Writing: typed, pasted, divided, joined */

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

function unite(line, other) {
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

/* Keys, in a line and elsewhere */

function onEdge(line, up) {
  const range = getSelection().rangeCount && getSelection().getRangeAt(0);
  if (!range || !range.collapsed) return false;
  const at = range.getClientRects()[0] ?? line.box.getBoundingClientRect(), box = line.box.getBoundingClientRect();
  const height = parseFloat(getComputedStyle(line.box).lineHeight) || 24;
  return up ? at.top - box.top < height * 0.8 : box.bottom - at.bottom < height * 0.8;
}

function inLine(event, line) {
  const { key } = event, alt = event.altKey && !event.ctrlKey && !event.metaKey;
  if (event.ctrlKey && (key === " " || event.code === "Space")) return player.toggle;
  if (alt && key === "ArrowLeft") return () => seekTo(player.nowMs() - 5000);
  if (alt && key === "ArrowRight") return () => seekTo(player.nowMs() + 5000);
  if (alt && event.code === "KeyN") return nextDoubt;
  if (alt && event.code === "KeyS") return () => chooseSpeaker(line);
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (key === "Escape") return () => { line.box.blur(); backToItem(); };
  if (key === "Tab") {
    const other = neighbour(line, event.shiftKey ? -1 : 1);
    return other ? () => putCaret(other, 0) : null;
  }
  const plain = getSelection().isCollapsed && !event.shiftKey;
  if (key === "Backspace" && plain && caretIn(line.box) === 0) {
    const other = neighbour(line, -1);
    return other ? () => unite(other, line) : () => {};
  }
  if (key === "Delete" && plain && caretIn(line.box) === line.box.textContent.length) {
    const other = neighbour(line, 1);
    return other ? () => unite(line, other) : () => {};
  }
  if ((key === "ArrowUp" || key === "ArrowDown") && plain && onEdge(line, key === "ArrowUp")) {
    const other = neighbour(line, key === "ArrowUp" ? -1 : 1);
    return other ? () => putCaret(other, key === "ArrowUp" ? other.box.textContent.length : 0) : null;
  }
  return null;
}

function toLine(by) {
  const line = neighbour(heard(), by);
  if (line) { seekTo(line.startMs); bring(line.row); }
}

const keys = {
  " ": player.toggle, k: player.toggle, j: player.back, l: player.forward,
  ArrowLeft: () => seekTo(player.nowMs() - 5000), ArrowRight: () => seekTo(player.nowMs() + 5000),
  ArrowUp: () => toLine(-1), ArrowDown: () => toLine(1),
  n: nextDoubt, e: () => { const line = heard(); if (line) putCaret(line, 0); }, f: follower.toggle, t: toReview,
  d: () => $("theme").click(), "/": () => showFinder(true), "?": () => $("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || document.querySelector("dialog[open]")) return;
  const target = event.target, line = target.closest(".text") ? lineAt(target) : undefined;
  const control = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
  let act = null;
  if (control && !event.altKey && key === "h") act = () => showFinder(true);
  else if (control && !event.altKey && (key === "z" || key === "y") && !target.closest("input, textarea")) act = key === "y" || event.shiftKey ? redo : undo;
  else if (line) act = inLine(event, line);
  else if (!control && !event.altKey && target.closest("#review") && inReview(event)) act = inReview(event);
  else if (!control && !event.altKey && !target.closest("input:not([type=range], [type=checkbox]), textarea, select")) {
    if (target.id === "seek" && event.key.startsWith("Arrow")) return;
    if (event.key === " " && target.closest("button, a, summary, input")) return;
    act = keys[event.key.length === 1 ? key : event.key];
  }
  if (!act) return;
  event.preventDefault();
  act();
});

/* Clicks */

sheet.addEventListener("click", (event) => {
  const button = event.target.closest("button.speaker"), line = lineAt(event.target);
  if (button) { chooseSpeaker(line); return; }
  if (!line || !event.target.closest(".text") || !getSelection().isCollapsed) return;
  const word = wordAt(line, caretIn(line.box));
  if (word) seekTo(word.start_ms);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-ms]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.replaceState(null, "", link.getAttribute("href"));
  playFrom(Number(link.dataset.ms));
  const line = [...allLines()].findLast((each) => each.startMs <= Number(link.dataset.ms) + 1);
  if (line && !link.closest("#words")) bring(line.row);
});

onClicks({
  play: player.toggle, back: player.back, forward: player.forward, follow: follower.toggle, help: keys["?"],
  undo, redo, find: () => showFinder($("finder").hidden), "find-close": () => showFinder(false),
  "replace-one": replaceOne, "replace-all": replaceAll, doubtful: nextDoubt, approve: once(approve), "reject-all": once(rejectAll), names: once(showNames), download: once(download), rename: once(rename), delete: once(remove),
});

function fromAddress() {
  const found = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (!found) return;
  seekTo(Number(found[1]) * 1000);
  const line = heard();
  if (line) bring(line.row);
}

load().then(() => { player.begin(); fromAddress(); followTitle(); beginReview(); });
