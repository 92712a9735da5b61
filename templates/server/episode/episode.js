/* The page of an episode: what its buttons, its words and its times do when they are clicked. */
import { approve, showNames } from "./approval.js";
import { once } from "./dialogs.js";
import { nextDoubt } from "./doubts.js";
import { load, redo, undo } from "./edits.js";
import { replaceAll, replaceOne, showFinder } from "./find.js";
import { keys } from "./keys.js";
import { allLines, caretIn, lineAt } from "./lines.js";
import { follower, heard, playFrom, player, seekTo } from "./listening.js";
import { chooseSpeaker } from "./speakers.js";
import { sheet } from "./transcript.js";
import { download, remove, rename } from "./whole.js";
import { wordAt } from "./words.js";

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
  "replace-one": replaceOne, "replace-all": replaceAll, doubtful: nextDoubt, approve: once(approve), names: once(showNames), download: once(download), rename: once(rename), delete: once(remove),
});

function fromAddress() {
  const found = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
  if (!found) return;
  seekTo(Number(found[1]) * 1000);
  const line = heard();
  if (line) bring(line.row);
}

load().then(() => { player.begin(); fromAddress(); });
