/* A transcript is approved, and gives names to the vocabulary. */
import { ended } from "./dialogs.js";
import { left, marked } from "./doubts.js";
import { load, saver, tell, tellNotDone, who } from "./edits.js";
import { ask, plainText } from "./saving.js";
import { base, kept, named, page, say, whenChanged } from "./transcript.js";

function showApproval() {
  $("approval").hidden = !page.approval;
  if (!page.approval) return;
  const when = new Date(page.approval.when).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  $("approval").textContent = told(page.approval.holds ? say.approved : say.changed_since, { who: page.approval.who, when });
  $("approval").title = page.approval.reason;
  $("approval").classList.toggle("holds", page.approval.holds);
}

whenChanged(showApproval);

export async function approve() {
  if (!(await saver.now())) return;
  const count = left().length;
  $("approving-left").textContent = count ? told(say.approve_left, { n: count }) : marked() ? say.approve_none_left : `${say.no_marks}.`;
  if (named) $("approving-name").value = who();
  if (await ended($("approving")) !== "approve") return;
  if (named) kept.set("name", plainText($("approving-name").value).slice(0, 128));
  const answer = await ask(`${base}/approvals`, { revision: page.revision, reason: $("approving-reason").value, who: who() });
  if (answer.status === 200) { page.approval = answer.body; showApproval(); return; }
  if (answer.body?.error?.code === "changed_meanwhile") { await load(); tell("not_done", { why: say.changed_meanwhile }); return; }
  tellNotDone(answer);
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
