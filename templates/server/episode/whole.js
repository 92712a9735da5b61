/* What is done with the whole episode: downloaded, renamed, deleted. */
import { ended, showDownloads, wantsDeletion } from "./dialogs.js";
import { saver, tellNotDone } from "./edits.js";
import { isSaved } from "./lines.js";
import { drafts } from "./merging.js";
import { ask } from "./saving.js";
import { base, id, notes, page, say } from "./transcript.js";

const words = JSON.parse($("say").textContent), title = () => $("title").textContent;

export const download = () => showDownloads(words, { id, title: title(), notes });

$("downloads").addEventListener("click", async (event) => {
  const link = event.target.closest("a");
  if (!link || page.stretches.every(isSaved)) return;
  event.preventDefault();
  if (await saver.now()) link.click(); else $("downloads").close(); // behind it stands why
});

export async function rename() {
  $("new-title").value = title();
  $("new-title").select();
  if (await ended($("renaming"), $("new-title")) !== "rename") return;
  const answer = await ask(`${base}/title`, { title: $("new-title").value });
  if (answer.status !== 200) { tellNotDone(answer); return; }
  $("title").textContent = answer.body.title;
  document.title = `${answer.body.title} · transcribe`;
}

export async function remove() {
  if (!await wantsDeletion(words, title())) return;
  const answer = await ask(`/v1/jobs/${id}`, undefined, { method: "DELETE" });
  if (answer.status !== 200 && answer.status !== 404) { tellNotDone(answer); return; }
  page.gone = true;
  for (const name of drafts.names()) drafts.remove(name);
  location.replace("/library");
}
