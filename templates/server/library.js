// The library: found as one types, downloads and deletion in dialogs; the rows are made by the server.
import { ask, narrows } from "./search.js";
import { followTitles, showDownloads, wantsDeletion } from "./dialogs.js";

const say = JSON.parse($("say").textContent);
const form = $("filter");

let made; // the list as the server has made it

/** Dates as they are where the reader is, languages by their names. */
function dress() {
  made = $("results").outerHTML;
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
  for (const time of document.querySelectorAll("#results time")) time.textContent = dates.format(new Date(time.dateTime));
  const names = new Intl.DisplayNames([document.documentElement.lang], { type: "language" });
  for (const each of document.querySelectorAll("#results .tongue")) {
    try { each.textContent = names.of(each.dataset.code); } catch { /* its code stays */ }
  }
}

let asking = null;
async function show(address, keep) {
  asking?.abort();
  const mine = asking = new AbortController();
  try {
    const answer = await fetch(address, { signal: mine.signal });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("results");
    if (!answer.ok || !fresh) { location.assign(address); return; } // signed out, or worse: told there
    if (fresh.outerHTML !== made) {
      $("results").replaceWith(document.adoptNode(fresh));
      dress();
    }
    if (keep || answer.redirected) history.replaceState(null, "", answer.url);
  } catch (error) {
    if (error.name !== "AbortError") $("live").textContent = say.reconnecting;
  }
}

function address() {
  const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value && !(name === "sort" && value === "date")));
  return query.size ? `/library?${query}` : "/library";
}

let soon;
function find() {
  clearTimeout(soon);
  ask($("q").value);
  show(address(), true);
}

form.addEventListener("input", ({ target }) => {
  narrows(target);
  clearTimeout(soon);
  soon = setTimeout(find, 150);
});
form.addEventListener("submit", (event) => { event.preventDefault(); find(); });

document.addEventListener("click", async (event) => {
  const button = event.target.closest(".episodes .download, .episodes .delete");
  if (!button) return;
  const row = button.closest(".row"), { id, title, notes } = row.dataset;
  if (button.matches(".download")) showDownloads(say, { id, title, notes: notes === "true" });
  else if (await wantsDeletion(say, title)) remove(row);
});

function call(row, title) {
  row.dataset.title = row.querySelector("bdi").textContent = title;
  for (const name of ["download", "delete"]) row.querySelector(`.${name}`).setAttribute("aria-label", `${say[name]}: ${title}`);
}

async function remove(row) {
  const next = row.nextElementSibling || row.previousElementSibling;
  try {
    const answer = await fetch(`/v1/jobs/${row.dataset.id}`, { method: "DELETE" });
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok && answer.status !== 404) { $("live").textContent = (await answer.json()).error.message; return; }
    const after = next?.dataset.id;
    await show(location.pathname + location.search, false);
    (document.querySelector(`[data-id="${after}"] .delete`) || $("q")).focus();
  } catch {
    $("live").textContent = say.reconnecting;
  }
}

dress();
narrows($("q"));
ask($("q").value);
followTitles(({ id, title }) => {
  const row = document.querySelector(`#results [data-id="${id}"]`);
  if (row) call(row, title);
}, () => show(location.pathname + location.search, false));
