/* Edits reach the server: loading, saving, conflicts, undo and redo. */
import { ended } from "./dialogs.js";
import {
  allLines, base, caret, highlights, isSaved, kept, lineFrom, named, page, putCaret, same, say, sheet, showDoubts, showTurns, tellChanged, tellLoaded, textOf, wantedOf,
} from "./lines.js";
import { draftOf, drafts, fresh, keepDraft, put, restore, setLines } from "./merging.js";

/** Answers of the server: an object with `status` and `body`; status 0 where it does not answer. */
export async function ask(path, body, more = {}) {
  const sent = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  try {
    const answer = await fetch(path, { ...sent, ...more });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  } catch { return { status: 0, body: null }; }
}

let undone = [], done = [];

export async function load() {
  const answer = await ask(`${base}/transcript`);
  if (answer.status !== 200) {
    if (!page.stretches.length) notLoaded(answer);
    return false;
  }
  const at = caret(), known = new Map(page.stretches.filter((each) => !isSaved(each)).map((each) => [each.first, draftOf(each)]));
  for (const name of drafts.names()) { const draft = drafts.get(name); if (draft && !known.has(draft.first)) known.set(draft.first, draft); }
  ({ revision: page.revision, approval: page.approval } = answer.body);
  page.speakers = [...answer.body.speakers];
  page.loose = answer.body.corrections;
  tellLoaded(answer.body);
  highlights.doubt.clear();
  page.stretches = answer.body.lines.map(fresh);
  const all = document.createDocumentFragment();
  for (const line of allLines()) all.append(line.row);
  if (!page.stretches.length) all.append(Object.assign(document.createElement("p"), { className: "soft", textContent: say.nothing }));
  sheet.replaceChildren(all);
  sheet.removeAttribute("aria-busy");
  setTimeout(() => page.stretches.forEach(showDoubts)); // once they are seen
  for (const draft of known.values()) restore(draft);
  tellChanged();
  if (at) putCaret(lineFrom(at.first), at.offset);
  if (nextUnsaved()) saver.soon(0);
  return true;
}

function notLoaded(answer) {
  const told_ = document.createElement("p"), again = document.createElement("button");
  told_.textContent = told(say.not_loaded, { why: answer.body?.error?.message ?? String(answer.status || "–") });
  Object.assign(again, { type: "button", className: "switch", textContent: say.again });
  again.addEventListener("click", load);
  sheet.replaceChildren(told_, again);
}

/* Saving */

function nextUnsaved() {
  if (page.gone) return undefined;
  return page.stretches.find((stretch) => {
    if (isSaved(stretch) || (stretch.refused && same(stretch.refused, wantedOf(stretch)))) return false;
    const here = stretch.lines.some((line) => line.box === document.activeElement);
    // Whoever empties a line is about to write another text into it.
    return !(here && (page.composing || stretch.lines.some((line) => line.box === document.activeElement && !textOf(line))));
  });
}

export const who = () => (named ? kept.get("name") ?? "" : "");
const editOf = (stretch, lines) => ({ first: stretch.first, end: stretch.end, lines, seen: stretch.seen });

async function save(stretch) {
  const lines = wantedOf(stretch), before = stretch.saved;
  if (!stretch.sent.some((each) => same(each, lines))) stretch.sent.push(lines);
  if (stretch.sent.length > 20) stretch.sent.splice(1, 1); // while the server is away, only the first can have reached it
  keepDraft(stretch);
  const outcome = await send([editOf(stretch, lines)], (parts) => parts.forEach((part) => put(part, stretch, lines)), { sent: stretch.sent });
  if (outcome === "refused") {
    stretch.sent = stretch.sent.filter((each) => !same(each, lines));
    stretch.refused = lines;
    if (stretch.lines.length !== stretch.saved.length) { setLines(stretch, stretch.saved); keepDraft(stretch); showTurns(); }
  }
  if (outcome === "done") remember({ edits: [{ first: stretch.first, end: stretch.end, before, after: lines }] });
  return outcome;
}

/** Send edits; `accept` puts what the server made of them into the page. Lines that were `sent` before are nobody else's, though no answer came. */
async function send(edits, accept, { prefer, sent = [] } = {}) {
  const answer = await ask(`${base}/edits`, { revision: page.revision, edits, who: who(), ...(prefer ? { prefer } : {}) });
  if (answer.status === 200) {
    const others = answer.body.before !== page.revision;
    page.revision = answer.body.revision;
    accept(answer.body.parts);
    page.approval = answer.body.approval;
    tellChanged();
    if (others || !page.stretches.length) await load(); // somebody else has changed something, too; or there is nothing to put lines beside
    return "done";
  }
  const code = answer.body?.error?.code;
  if (code === "edit_conflict") {
    const own = answer.body.conflicts.every((each) => sent.some((lines) => same(lines, each.theirs)));
    return send(edits, accept, { prefer: own ? "mine" : await choose(answer.body.conflicts) });
  }
  if (code === "other_recognition") return (await load()) ? "again" : "away";
  if ([0, 401].includes(answer.status) || answer.status >= 500 || answer.status === 408 || answer.status === 429) return "away";
  tell("refused", { why: answer.body?.error?.message ?? String(answer.status) });
  return "refused";
}

/** Ask which of two texts stays. */
async function choose(conflicts) {
  const show = (where, lines) => where.replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line.text, dir: "auto" })));
  show($("clash-theirs"), conflicts.flatMap((each) => each.theirs));
  show($("clash-mine"), conflicts.flatMap((each) => each.mine));
  const name = conflicts.map((each) => each.who).find(Boolean);
  $("clash-who").textContent = name ? told(say.theirs_by, { who: name }) : "";
  const at = caret();
  const chosen = await ended($("clash"));
  if (at) putCaret(lineFrom(at.first), at.offset);
  return chosen === "mine" ? "mine" : "theirs";
}

let state = "saved";
export function tell(name, values = {}) {
  state = name;
  $("state").textContent = told(say[name], values);
  $("state").dataset.state = name;
}

/** Say why something else was not done. */
export function tellNotDone(answer) { tell("not_done", { why: answer.body?.error?.message ?? say.no_answer }); }

/** Saves what `unsaved()` gives, whenever it is told to, and again while the server does not answer. */
function makeSaver({ unsaved, save, tell }) {
  const AFTER_MS = 800, AGAIN_MS = 3000;
  let timer = 0, running = null;

  function soon(ms = AFTER_MS) {
    clearTimeout(timer);
    timer = setTimeout(() => now(), ms);
  }

  /** Save all; true where nothing is left unsaved. */
  function now() {
    clearTimeout(timer);
    running ??= all().finally(() => { running = null; });
    return running;
  }

  async function all() {
    for (;;) {
      const next = unsaved();
      if (!next) { tell("saved"); return true; }
      tell("saving");
      const outcome = await save(next);
      if (outcome === "away") { tell("unsaved"); soon(AGAIN_MS); return false; }
      if (outcome === "refused") return false;
    }
  }

  addEventListener("online", () => now());
  return { soon, now };
}

export const saver = makeSaver({ unsaved: nextUnsaved, save, tell: (name) => { if (!(state === "refused" && name === "saved" && page.stretches.some((each) => each.refused && !isSaved(each)))) tell(name); } });

export function touch(stretch, ms) {
  keepDraft(stretch);
  if (!isSaved(stretch) && (state === "saved" || state === "not_done")) tell("saving");
  saver.soon(ms);
}

addEventListener("beforeunload", (event) => { if (!page.gone && page.stretches.some((each) => !isSaved(each))) event.preventDefault(); });
document.addEventListener("visibilitychange", () => { if (document.hidden) saver.now(); });

/* Undo and redo: the former lines are sent */

/** Keep what can be undone: `edits` with the lines before and after, or `names` of speakers. */
export function remember(entry) {
  done.push(entry);
  undone = [];
  if (done.length > 500) done.shift();
  showHistory();
}

export function showHistory() { $("undo").disabled = !done.length && !nextUnsaved(); $("redo").disabled = !undone.length; }

async function step(from, to, which) {
  if (!(await saver.now())) return;
  const entry = from().pop();
  showHistory();
  if (!entry) return;
  let outcome;
  if (entry.names) {
    const names = which === "before" ? Object.fromEntries(Object.entries(entry.names).map(([one, other]) => [other, one])) : entry.names;
    outcome = await renameSpeakers(names);
  } else {
    outcome = await edit(entry.edits.map((each) => ({ first: each.first, end: each.end, lines: each[which] })));
  }
  if (outcome === "done") to().push(entry); else from().push(entry);
  showHistory();
  const first = entry.edits?.[0].first;
  if (outcome === "done" && first !== undefined) {
    const line = lineFrom(first);
    if (line) { bring(line.row); putCaret(line, textOf(line).length); }
  }
}
let stepping = Promise.resolve(); // one step after the other, however fast the keys are
function next(...how) { stepping = stepping.then(() => step(...how)); }
export const undo = () => next(() => done, () => undone, "before");
export const redo = () => next(() => undone, () => done, "after");

/** Make several edits at once. */
async function edit(edits) {
  tell("saving");
  const whole = edits.map((each) => {
    const over = page.stretches.filter((stretch) => stretch.first < each.end && stretch.end > each.first);
    return { ...each, seen: over.length ? [...new Set(over.flatMap((stretch) => stretch.seen))] : page.loose };
  });
  let outcome = await send(whole, (parts) => parts.forEach((part) => put(part)));
  if (outcome === "again") outcome = await send(whole, (parts) => parts.forEach((part) => put(part)));
  if (outcome === "done") tell("saved"); else if (outcome === "away") tell("unsaved");
  return outcome;
}

/** Edits that a person can undo. */
export async function change(edits) {
  if (!(await saver.now())) return;
  const entries = edits.map(({ stretch, lines }) => ({ first: stretch.first, end: stretch.end, before: stretch.saved, after: lines }));
  if (await edit(entries.map((each) => ({ first: each.first, end: each.end, lines: each.after }))) === "done") remember({ edits: entries });
}

export async function renameSpeakers(names) {
  const answer = await ask(`${base}/speakers`, { revision: page.revision, names });
  if (answer.status !== 200) { tellNotDone(answer); return "refused"; }
  const renamed = (list) => list.map((line) => ({ ...line, speaker: names[line.speaker] ?? line.speaker }));
  for (const entry of [...done, ...undone]) for (const each of entry.edits ?? []) { each.before = renamed(each.before); each.after = renamed(each.after); }
  await load();
  tell("saved");
  return "done";
}
