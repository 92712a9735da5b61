// What was said in the library's episodes: asked for as one types, heard where it stands, saved. Only where there is an archive.
const say = JSON.parse($("say").textContent);
const section = $("said"), list = $("hits"), field = $("q"), audio = $("hearing");
const USUAL = 20, MOST = 200, SAVED = 1000, AGAIN_MS = 1500;
const PROBLEMS = { invalid_value: say.ask_words, too_slow: say.ask_slow };

const narrowing = [...document.querySelectorAll("[data-narrows]")];
const part = (name) => new RegExp(`(^|\\s)${name}:(?:"([^"]*)"?|(\\S*))`, "iu");

/** A filter was chosen: it is written into the question. Or the question was changed: the filters show what it says. */
export function narrows(changed) {
  const name = changed.dataset.narrows;
  if (name) {
    const value = changed.value.replaceAll('"', " ").trim();
    const rest = field.value.replace(part(name), "").trim();
    const written = /[\s"]/u.test(value) ? `"${value}"` : value;
    field.value = value ? `${rest} ${name}:${written}`.trim() : rest;
  }
  for (const each of narrowing) {
    const found = part(each.dataset.narrows).exec(field.value);
    if (each !== changed) each.value = found ? found[2] ?? found[3] : "";
  }
}

/** A phrase that is still being typed ends where the question does. */
function closed(question) {
  return (question.match(/["“”„‟«»＂]/gu) ?? []).length % 2 ? `${question}"` : question;
}

function address(question, limit, format) {
  return `/v1/search?${new URLSearchParams({ q: question, limit, ...(format && { format }) })}`;
}

let asking = null, last = { question: "" };

/** Ask the archive, unless it was asked that last; nothing where there is none. */
export async function ask(text, limit = USUAL) {
  if (!section) return;
  const question = closed(text.trim());
  if (question === last.question && limit === last.limit) return;
  last = { question, limit };
  asking?.abort();
  section.hidden = !question;
  document.body.classList.toggle("asked", Boolean(question));
  if (!question) { draw({ places: [], more: false }, question, ""); return; }
  const mine = asking = new AbortController();
  try {
    const answer = await fetch(address(question, limit), { signal: mine.signal });
    const found = await answer.json();
    if (answer.status === 401) location.reload();
    else if (answer.ok) {
      draw(found, question, told(found.more ? say.said_more : say.said_count, { n: found.places.length }));
      $("said-note").hidden = !found.note;
    }
    else if (answer.headers.has("Retry-After")) setTimeout(() => { if (mine === asking) again(); }, AGAIN_MS);
    else draw({ places: [], more: false }, question, PROBLEMS[found.error.code] ?? say.ask_failed);
  } catch (error) {
    if (error.name === "AbortError") return;
    $("live").textContent = say.reconnecting;
    last = { question: "" };
  }
}

function again() {
  const { question, limit } = last;
  last = { question: "" };
  ask(question, limit);
}

function draw({ places, more }, question, status) {
  hush();
  $("said-note").hidden = true;
  list.replaceChildren(...places.map(row));
  list.hidden = !places.length;
  $("said-keys").hidden = !places.length;
  $("more").hidden = !more || places.length >= MOST;
  $("said-count").textContent = question && !places.length && status === told(say.said_count, { n: 0 }) ? say.said_none : status;
  const exports = section.querySelector(".exports");
  exports.hidden = !places.length;
  for (const link of exports.querySelectorAll("a")) link.href = address(question, SAVED, link.dataset.format);
  document.body.classList.toggle("found", places.length > 0);
}

const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });

function dated(day) {
  const date = new Date(day);
  return Number.isNaN(date.getTime()) ? day : dates.format(date);
}

function made(tag, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}

function row(place) {
  const time = clock(place.start_ms);
  const facts = [time, place.speaker, place.show, place.aired && dated(place.aired), place.by === "meaning" ? say.by_meaning : told(say.fit, { score: place.score.toFixed(2) })];
  const button = made("button", { type: "button", class: "quiet play", "aria-pressed": "false", "aria-label": `${say.play}: ${place.title}, ${time}`, title: say.play });
  button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path class="start" d="M8 5v14l11-7z"/><path class="stop" d="M7 5h4v14H7zM13 5h4v14h-4z"/></svg>';
  button.addEventListener("click", () => hear(button, place));
  return made("li", { class: "row hit" },
    made("div", { class: "about" },
      made("p", { class: "title" }, made("a", { href: place.url }, made("bdi", { dir: "auto", text: place.title }))),
      made("p", { class: "what" }, ...facts.filter(Boolean).map((text) => made("bdi", { class: "fact", dir: "auto", text }))),
      made("p", { class: "passage", dir: "auto", ...(place.language && { lang: place.language }) },
        place.before && `… ${place.before} `, made("mark", { text: place.words }), place.after && ` ${place.after} …`)),
    made("div", { class: "acts" }, button));
}

let heard = null; // the button of the place that is played

function hear(button, { id, start_ms }) {
  if (heard === button && !audio.paused) { audio.pause(); return; }
  hush();
  heard = button;
  const source = `/episodes/${id}/sound`, begin = () => { audio.currentTime = start_ms / 1000; };
  if (audio.getAttribute("src") !== source) {
    audio.setAttribute("src", source);
    audio.addEventListener("loadedmetadata", begin, { once: true });
  } else begin();
  audio.play().catch((error) => { if (error.name !== "AbortError") $("live").textContent = $("said-count").textContent = say.cannot_hear; });
}

function hush() {
  audio.pause();
  shows();
  heard = null;
}

function shows() { heard?.setAttribute("aria-pressed", String(!audio.paused)); }

if (section) {
  const names = new Intl.DisplayNames([document.documentElement.lang], { type: "language" });
  for (const each of document.querySelectorAll("#by-lang option")) {
    try { each.textContent = each.value ? names.of(each.value) : each.textContent; } catch { /* its code stays */ }
  }
  for (const name of ["play", "pause", "ended"]) audio.addEventListener(name, shows);
  $("more").firstElementChild.addEventListener("click", async () => {
    const seen = list.children.length;
    await ask(field.value, MOST);
    list.children[seen]?.querySelector("a").focus();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || event.isComposing || !list.children.length) return;
    event.preventDefault();
    list.querySelector("a").focus();
  });
  list.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll(".title a")], at = links.findIndex((each) => each.closest(".hit").contains(event.target));
    const to = { ArrowDown: links[at + 1] ?? links[at], ArrowUp: links[at - 1] ?? field, Home: links[0], End: links.at(-1), Escape: field }[event.key];
    if (to) to.focus();
    else if (event.key === " " && event.target === links[at]) event.target.closest(".hit").querySelector(".play").click();
    else return;
    event.preventDefault();
  });
}
