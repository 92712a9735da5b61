/* Keys, in a line and elsewhere. */
import { nextDoubt } from "./doubts.js";
import { redo, undo } from "./edits.js";
import { showFinder } from "./find.js";
import { caretIn, lineAt, neighbour, putCaret } from "./lines.js";
import { follower, heard, player, seekTo } from "./listening.js";
import { chooseSpeaker } from "./speakers.js";
import { unite } from "./writing.js";

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
  if (key === "Escape") return () => line.box.blur();
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

export const keys = {
  " ": player.toggle, k: player.toggle, j: player.back, l: player.forward,
  ArrowLeft: () => seekTo(player.nowMs() - 5000), ArrowRight: () => seekTo(player.nowMs() + 5000),
  ArrowUp: () => toLine(-1), ArrowDown: () => toLine(1),
  n: nextDoubt, e: () => { const line = heard(); if (line) putCaret(line, 0); }, f: follower.toggle,
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
  else if (!control && !event.altKey && !target.closest("input:not([type=range], [type=checkbox]), textarea, select")) {
    if (target.id === "seek" && event.key.startsWith("Arrow")) return;
    if (event.key === " " && target.closest("button, a, summary, input")) return;
    act = keys[event.key.length === 1 ? key : event.key];
  }
  if (!act) return;
  event.preventDefault();
  act();
});
