/* What people choose in dialogs: who speaks, an approval, names for the vocabulary, a download, another title, the deletion. */
import { ended, followTitles, showDownloads, wantsDeletion } from "./dialogs.js";
import { ask, change, load, remember, renameSpeakers, saver, tell, tellNotDone, who } from "./edits.js";
import { allLines, base, caret, id, isSaved, kept, lineFrom, named, notes, page, plainText, putCaret, say, textOf, whenChanged } from "./lines.js";
import { sending } from "./hearing.js";
import { left, marked } from "./listening.js";
import { drafts } from "./merging.js";
import { heardText, look, reviewed, toReview, whenReviewed } from "./review.js";

/* Who speaks: another name for a turn or for everywhere */

export async function chooseSpeaker(line) {
  const dialog = $("who"), name = line.speaker;
  const choices = page.speakers.map((each) => {
    const choice = document.createElement("label"), radio = document.createElement("input"), text = document.createElement("bdi");
    Object.assign(radio, { type: "radio", name: "speaker", value: each, checked: each === name });
    text.textContent = each;
    choice.className = "tick";
    choice.append(radio, " ", text);
    return choice;
  });
  $("who-names").replaceChildren($("who-names").querySelector("legend"), ...choices);
  $("who-new").value = "";
  $("who-all").textContent = told(say.everywhere, { who: name ?? say.nobody });
  dialog.querySelector("[value=turn]").checked = true;
  const at = caret();
  const chosen = await ended(dialog, dialog.querySelector("[name=speaker]:checked") ?? $("who-new"));
  const given = plainText($("who-new").value) || dialog.querySelector("[name=speaker]:checked")?.value;
  const everywhere = dialog.querySelector("[value=all]").checked;
  if (chosen === "change" && given && given !== name) await give(line, given, everywhere);
  if (at) putCaret(lineFrom(at.first), at.offset);
}

async function give(line, name, everywhere) {
  if (!(await saver.now())) return;
  const was = line.speaker;
  if (everywhere && was !== null && !page.speakers.includes(name)) {
    if (await renameSpeakers({ [was]: name }) === "done") remember({ names: { [was]: name } });
    return;
  }
  const lines = [...allLines()];
  let chosen = lines.filter((each) => each.speaker === was);
  if (!everywhere) {
    const from = lines.indexOf(line);
    const end = lines.findIndex((each, n) => n > from && each.speaker !== was);
    chosen = lines.slice(from, end < 0 ? undefined : end);
  }
  const touched = [...new Set(chosen.map((each) => each.stretch))];
  await change(touched.map((stretch) => ({
    stretch,
    lines: stretch.lines.filter(textOf).map((each) => ({ text: textOf(each), speaker: chosen.includes(each) ? name : each.speaker })),
  })));
}

$("who-new").addEventListener("input", () => { const checked = $("who").querySelector("[name=speaker]:checked"); if (checked && $("who-new").value.trim()) checked.checked = false; });

/* An approval, and names for the vocabulary */

function showApproval() {
  $("approval").hidden = !page.approval;
  if (!page.approval) return;
  const { approval } = page, holds = approval.holds && !reviewed()?.obstacles.length;
  const when = new Date(approval.when).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
  const text = approval.kind === "rejected" ? say.rejected : holds ? say.approved : say.changed_since;
  $("approval-who").textContent = told(text, { who: approval.who, when });
  $("approval-who").classList.toggle("holds", holds);
  const facts = { heard: clock(approval.heard_ms), percent: Math.floor(approval.heard_percent), changes: approval.changes };
  $("approval-facts").textContent = told(say.approval_facts, facts) + (approval.policy ? ` · ${told(say.by_policy, approval)}` : "");
  $("approval-reason").textContent = approval.reason;
  $("approval-reason").hidden = !approval.reason;
}

whenChanged(showApproval);
whenReviewed(showApproval);

export async function approve() {
  if ($("approve").getAttribute("aria-disabled") === "true") toReview(); else await judge("approved");
}

export const rejectAll = () => judge("rejected");

/** Approve or reject the transcript as a whole. */
async function judge(kind) {
  if (!(await saver.now())) return;
  await look();
  const approves = kind === "approved";
  $("approving-title").textContent = $("approving-yes").textContent = approves ? say.approve : say.reject_all;
  $("approving-why").textContent = approves ? say.approve_why : say.reject_why;
  $("approving-yes").classList.toggle("danger", !approves);
  $("approving-marks").hidden = !approves;
  const count = left().length;
  $("approving-left").textContent = count ? told(say.approve_left, { n: count }) : marked() ? say.approve_none_left : `${say.no_marks}.`;
  $("approving-heard").textContent = heardText();
  if (named) $("approving-name").value = who();
  if (await ended($("approving")) !== "approve") return;
  if (named) kept.set("name", plainText($("approving-name").value).slice(0, 128));
  const judged = { kind, revision: page.revision, seen: reviewed()?.seen, reason: $("approving-reason").value, who: who() };
  const answer = await sending((heard) => ask(`${base}/approvals`, { ...judged, heard }));
  if (answer.status === 200) { page.approval = answer.body; $("approving-reason").value = ""; showApproval(); return; }
  if (answer.body?.error?.code === "changed_meanwhile") { await load(); await look(); tell("not_done", { why: say.changed_meanwhile }); return; }
  tellNotDone(answer);
  if (answer.body?.error?.code === "not_reviewed") await look();
}

export async function showNames() {
  const answer = await ask(`${base}/vocabulary`);
  if (answer.status !== 200) { tellNotDone(answer); return; }
  const found = answer.body.names;
  $("learned-why").textContent = found.length ? say.names_why : say.no_names;
  $("learned-names").replaceChildren(...found.map((each) => {
    const item = document.createElement("li"), name = document.createElement("b"), instead = document.createElement("span");
    name.textContent = each.text;
    instead.textContent = ` ${each.instead_of.join(", ")}`;
    instead.className = "soft";
    item.append(name, instead);
    return item;
  }));
  $("learned-copy").hidden = !found.length;
  $("learned-copy").textContent = say.copy_names;
  $("learned-copy").onclick = async () => {
    try { await navigator.clipboard.writeText(found.map((each) => each.text).join("\n")); $("learned-copy").textContent = say.copied; }
    catch { getSelection().selectAllChildren($("learned-names")); }
  };
  await ended($("learned"));
}

/* The whole episode: downloaded, renamed, deleted */

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
  call(answer.body.title);
}

function call(title) {
  $("title").textContent = title;
  document.title = `${title} · transcribe`;
}

/** Show what others call the episode. */
export function followTitle() {
  const shown = (job) => { if (job.id === id) call(job.title); };
  followTitles(shown, async () => {
    const answer = await ask(`/v1/jobs/${id}`);
    if (answer.status === 200) shown(answer.body);
  });
}

export async function remove() {
  if (!await wantsDeletion(words, title())) return;
  const answer = await ask(`/v1/jobs/${id}`, undefined, { method: "DELETE" });
  if (answer.status !== 200 && answer.status !== 404) { tellNotDone(answer); return; }
  page.gone = true;
  for (const name of drafts.names()) drafts.remove(name);
  location.replace("/library");
}
