/* The list of what a person should check: heard, accepted, corrected or rejected, by keyboard. */
import { ask, load, saver, who } from "./edits.js";
import { heardHere, lengthOf, merged, sending, setTaken, whenHeard } from "./hearing.js";
import { base, id, kept, makeStore, me, named, page, plainText, putCaret, say, whenChanged } from "./lines.js";
import { lineOfTime, markPlace, playFrom, player } from "./listening.js";

const AROUND_MS = 1500, AGAIN_MS = 3000;

let review = null; // as the server has answered it last
let current = ""; // the id of the item that is chosen
let asked = null; // what is being decided about it: the choice, and the form that asks for the reason
let correcting = null; // the item whose words are being corrected: it is shown until it is decided, though it may be gone
let writing = false; // in its line
const typed = new Map(); // reasons that were begun, by item
const pending = makeStore(`transcribe-decision:${id}:${me}:`); // decisions that no answer came to, by item

export const reviewed = () => review;
const items = () => {
  const list = review?.items ?? [];
  if (!correcting || list.some((each) => each.id === correcting.id)) return list;
  const at = list.findIndex((each) => !each.spans.length || each.spans[0][0] > correcting.spans[0][0]);
  return at < 0 ? [...list, correcting] : list.toSpliced(at, 0, correcting);
};
const itemOf = (name) => items().find((each) => each.id === name);
const chosen = () => itemOf(current) ?? items().find(isOpen) ?? items()[0];
const isOpen = (item) => item.state === "open" && !pending.get(item.id);
const nameless = () => named && !who();

/* Elements */

const make = (name, more = {}, ...inside) => { const made = document.createElement(name); Object.assign(made, more); made.append(...inside); return made; };
const faces = () => [...$("items").querySelectorAll(".item-face")];
const faceOf = (name) => document.getElementById(`face-${name}`);

function titleOf(item) {
  if (item.kind === "coverage") return say[`doubt_${item.what}`] ?? item.title;
  return item.kind === "notes" ? say.doubtful_note : item.title;
}

function stateOf(item) {
  if (pending.get(item.id)) return say.waits;
  return say[`item_${item.state}`];
}

const clockOf = (item) => (item.spans.length ? clock(item.spans[0][0]) : say.whole);
const dateOf = (when) => new Date(when).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });

function decisionText(decision) {
  const text = told(say[`was_${decision.choice}`], { who: decision.who, when: dateOf(decision.when) });
  return decision.reason ? `${text}: ${decision.reason}` : text;
}

function faceFor(item) {
  const face = make("button", { type: "button", className: "item-face", id: `face-${item.id}`, tabIndex: item.id === chosen()?.id ? 0 : -1 });
  face.setAttribute("aria-expanded", String(item.id === current));
  face.append(
    make("span", { className: "item-at", textContent: clockOf(item) }),
    make("span", { className: "item-title", textContent: titleOf(item), dir: "auto" }),
    make("span", { className: "item-state", textContent: stateOf(item) }),
  );
  face.addEventListener("click", () => { choose(item.id); play(); });
  return face;
}

function button(text, key, act, name) {
  const made = make("button", { type: "button", className: name }, text, " ", make("kbd", { textContent: key }));
  made.setAttribute("aria-keyshortcuts", key);
  made.addEventListener("click", act);
  return made;
}

function bodyFor(item) {
  const body = make("div", { className: "item-body" });
  if (item.words || item.before || item.after) {
    body.append(make("p", { className: "item-quote", dir: "auto", lang: $("words").lang },
      item.before ? `… ${item.before} ` : "", make("mark", { textContent: item.words || "—" }), item.after ? ` ${item.after} …` : ""));
  }
  const facts = [[say.because, item.reason], [say.evidence, item.evidence], [say.decides, item.decides]].filter(([, text]) => text);
  body.append(...facts.map(([name, text]) => make("p", { className: "item-fact" }, make("b", { textContent: `${name}: ` }), make("span", { textContent: text, dir: "auto" }))));
  if (item.severity === "block") body.append(make("p", { className: "item-fact blocks", textContent: say.blocks }));
  if (item.decision) body.append(make("p", { className: "item-fact" }, make("span", { textContent: decisionText(item.decision), dir: "auto" })));
  if (item.state === "open" && item.decision) body.append(make("p", { className: "item-fact blocks", textContent: item.why.startsWith("reviewers") ? say.disputed : say.changed_item }));
  const acts = make("div", { className: "item-acts" });
  if (item.spans.length) acts.append(button(say.hear, "P", play, "switch"));
  acts.append(button(say.accept, "A", () => decide("accept"), "switch"));
  if (item.kind !== "notes" && item.spans.length) acts.append(button(say.correct, "C", () => correct(), "switch"));
  acts.append(button(say.reject, "R", () => decide("reject"), "switch"));
  body.append(acts);
  if (asked) body.append(asked.form);
  return body;
}

function formFor(item, choice) {
  const needed = item.needs_reason.includes(choice);
  const form = make("form", { className: "item-form", id: "deciding" });
  const reason = make("input", { id: "item-reason", type: "text", maxLength: 2000, autocomplete: "off", dir: "auto", value: typed.get(item.id) ?? "", required: needed });
  reason.addEventListener("input", () => typed.set(item.id, reason.value));
  form.append(make("p", { className: "item-choice", textContent: say[`choose_${choice}`] }));
  if (named) {
    const name = make("input", { id: "item-name", type: "text", maxLength: 128, autocomplete: "name", required: true, value: who(), dir: "auto" });
    if (nameless()) form.append(make("label", { htmlFor: "item-name", textContent: say.your_name }), name);
  }
  form.append(make("label", { htmlFor: "item-reason", textContent: needed ? say.reason : say.reason_or_not }), reason,
    make("div", { className: "item-acts" },
      make("button", { type: "submit", className: "main-button" }, say.confirm, " ", make("kbd", { textContent: "Enter" })),
      button(say.cancel, "Esc", back, "plain-button")));
  form.addEventListener("submit", (event) => { event.preventDefault(); confirm(itemOf(item.id) ?? item); });
  return form;
}

function show() {
  const had = document.activeElement, inside = $("review").contains(had);
  const list = items();
  const open = list.filter(isOpen).length, rejected = list.filter((each) => each.state === "rejected").length;
  $("review").hidden = !review;
  if (!review) return;
  $("review-count").textContent = list.length ? told(open ? say.items_open : say.items_done, { open, all: list.length }) : say.no_items;
  $("review-policy").textContent = review.policy ? told(say.by_policy, { policy: review.policy }) : "";
  $("review-policy").hidden = !review.policy;
  $("items").hidden = !list.length;
  $("items").replaceChildren(...list.map((item) => {
    const row = make("li", { className: "item" }, faceFor(item));
    row.dataset.state = pending.get(item.id) ? "waits" : item.state;
    if (item.id === current) { row.classList.add("chosen"); row.append(bodyFor(item)); }
    return row;
  }));
  if (inside && document.activeElement !== had) (had.isConnected ? had : document.getElementById(had.id) ?? faceOf(current))?.focus({ preventScroll: true });
  const counts = [[say.first_decide, open], [say.some_rejected, rejected]].filter(([, n]) => n).map(([text, n]) => told(text, { n }));
  const why = (counts.length ? counts : review.obstacles).join(" · ");
  $("approve").setAttribute("aria-disabled", String(Boolean(why)));
  $("approve-why").textContent = why;
  $("approve-why").hidden = !why;
  showHeard();
}

function youHeard() {
  const ms = lengthOf(heardHere()), all = Number(player.seek.max) || 1;
  return told(say.you_heard, { heard: clock(ms), percent: Math.min(100, Math.floor(100 * ms / all)) });
}

function showHeard() { $("review-heard").textContent = youHeard(); }

/** How much was heard of what is to be checked, and of all. */
export function heardText() {
  const heard = heardHere(), places = (review?.items ?? []).filter((each) => each.spans.length);
  const spans = merged(places.flatMap((each) => each.spans));
  const within = ([from, to]) => merged(heard.map(([one, other]) => [Math.max(one, from), Math.min(other, to)]));
  const seconds = (ms) => (ms / 1000).toLocaleString(locale, { maximumFractionDigits: 1 });
  const whole = places.filter((each) => each.spans.every((span) => lengthOf(within(span)) === span[1] - span[0])).length;
  const counts = { n: whole, all: places.length, heard: seconds(lengthOf(spans.flatMap(within))), whole: seconds(lengthOf(spans)) };
  return places.length ? `${told(say.heard_places, counts)} ${youHeard()}.` : `${youHeard()}.`;
}

/* Keys and clicks */

function choose(name, { focus = true } = {}) {
  if (name !== current) asked = null;
  current = name;
  show();
  if (focus) { faceOf(name)?.focus({ preventScroll: true }); faceOf(name)?.closest("li").scrollIntoView({ block: "nearest" }); }
}

/** Go to the list: to what is chosen, or to the first that is open. */
export function toReview() {
  const item = chosen();
  if (item) choose(item.id); else if (review) $("review-title").focus();
}

function step(by) {
  const list = items(), at = list.findIndex((each) => each.id === chosen()?.id);
  const next = list[Math.max(0, Math.min(list.length - 1, at + by))];
  if (next) choose(next.id);
}

function play() {
  const item = itemOf(current);
  if (!item?.spans.length) return;
  if (!player.audio.paused) { player.audio.pause(); return; }
  const from = item.spans[0][0], to = item.spans.at(-1)[1];
  markPlace(from, to);
  playFrom(from - AROUND_MS, to + AROUND_MS);
}

function decide(choice) {
  asked = { choice, form: formFor(itemOf(current), choice) };
  show();
  ($("item-name") ?? $("item-reason")).focus({ preventScroll: true });
  $("deciding").scrollIntoView({ block: "nearest" });
}

/** Write in the line where it is; leaving the line comes back to say so. */
function correct() {
  const item = itemOf(current);
  if (!item?.spans.length || item.kind === "notes") return;
  [correcting, writing] = [item, true];
  const place = markPlace(item.spans[0][0], item.spans.at(-1)[1]) ?? [lineOfTime(item.spans[0][0]), 0];
  if (place[0]) { putCaret(...place); bring(place[0].row); }
}

/** Come back from a line to the item whose words it has, if there is one. */
export function backToItem() {
  if (!writing) return;
  writing = false;
  current = correcting.id;
  decide("correct");
}

function back() {
  if (asked) { [asked, correcting] = [null, null]; show(); (faceOf(current) ?? $("review-title")).focus(); return; }
  player.audio.pause();
  document.activeElement.blur();
}

const keys = { j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1), " ": play, p: play, a: () => decide("accept"), c: () => correct(), r: () => decide("reject") };

/** What a key does in the list; nothing: what it does elsewhere. */
export function inReview(event) {
  if (event.key === "Escape") return back;
  if (event.target.closest("input") || (event.key === " " && event.target.closest("button:not(.item-face)"))) return undefined;
  return keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
}

/* Decisions: sent, and kept in this browser until they are answered */

async function confirm(item) {
  if ($("item-name")) kept.set("name", plainText($("item-name").value).slice(0, 128));
  const reason = plainText($("item-reason").value), { choice } = asked;
  if (nameless() || (item.needs_reason.includes(choice) && !reason)) { ($("item-name") ?? $("item-reason")).focus(); return; }
  if (!(await saver.now())) { tellReview(say.not_saved_yet); return; }
  pending.set(item.id, { item: item.id, content: item.content, choice, reason, seen: review.seen });
  [asked, correcting] = [null, null];
  typed.delete(item.id);
  const next = nextOpen(item.id);
  choose(next?.id ?? item.id);
  await sendDecisions();
}

function nextOpen(name) {
  const list = items(), at = list.findIndex((each) => each.id === name);
  return [...list.slice(at + 1), ...list.slice(0, at)].find(isOpen);
}

function tellReview(text) { $("review-told").textContent = text; }

let timer = 0, running = null;
function sendDecisions() {
  clearTimeout(timer);
  running ??= sendAll().finally(() => { running = null; });
  return running;
}

async function sendAll() {
  const sent = new Set(); // more may be decided while an answer is waited for
  for (let name; (name = pending.names().find((each) => !sent.has(each))); ) {
    sent.add(name);
    const decision = pending.get(name);
    if (!decision || nameless()) continue;
    const answer = await sending((heard) => ask(`${base}/decisions`, { ...decision, heard, revision: page.revision, who: who() }));
    if (answer.status === 0 || answer.status === 401 || answer.status === 408 || answer.status === 429 || answer.status >= 500) {
      tellReview(answer.body?.error?.message ?? say.decision_kept);
      timer = setTimeout(sendDecisions, AGAIN_MS);
      return;
    }
    pending.remove(name);
    if (answer.status === 200) {
      took(answer.body.review);
      const contrary = answer.body.meanwhile.filter((each) => (each.choice === "reject") !== (decision.choice === "reject"));
      tellReview(contrary.length ? told(say.meanwhile, { what: contrary.map(decisionText).join(" ") }) : "");
      if (contrary.length) choose(name);
      continue;
    }
    await refused(name, decision, answer);
  }
  show();
}

/** Say why it was not taken; what was typed stays. */
async function refused(name, decision, answer) {
  const code = answer.body?.error?.code;
  if (code === "no_such_item") { await look(); return; }
  if (code === "changed_meanwhile") await load();
  typed.set(name, decision.reason);
  await look();
  tellReview(code === "changed_meanwhile" ? say.changed_meanwhile : told(say.not_done, { why: answer.body?.error?.message ?? String(answer.status) }));
  if (itemOf(name)) { current = name; decide(decision.choice); }
}

function took(answer) {
  review = answer;
  setTaken(answer.heard);
  page.approval = answer.approval;
  page.obstacles = answer.obstacles;
  show();
  for (const act of taken) act();
}

const taken = [];
/** Call `act` after the review was answered. */
export const whenReviewed = (act) => taken.push(act);

/** Read the review anew. */
export async function look() {
  const answer = await ask(`${base}/review?who=${encodeURIComponent(who())}`);
  if (answer.status === 200) took(answer.body);
}

let looking = 0;
whenChanged(() => { // words were corrected, by anybody: what there is to check may be something else
  clearTimeout(looking);
  looking = setTimeout(() => { if (review?.revision !== page.revision) look(); }, 300);
});
whenHeard(() => { if (review) showHeard(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden && review) look(); });
addEventListener("online", sendDecisions);
addEventListener("beforeunload", (event) => { if (!page.gone && pending.names().length) event.preventDefault(); });

/** Show the list, and send what was decided before the page was closed. */
export async function beginReview() {
  await look();
  if (pending.names().length) await sendDecisions();
}
