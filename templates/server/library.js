"use strict";
// The library: found as one types, downloads and deletion in dialogs; the rows are made by the server.
(() => {
  const $ = (id) => document.getElementById(id);
  const say = JSON.parse($("say").textContent);
  const told = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const language = document.documentElement.lang;
  const form = $("filter");

  /** Dates as they are where the reader is, languages by their names. */
  function dress() {
    const dates = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
    for (const time of document.querySelectorAll("#results time")) time.textContent = dates.format(new Date(time.dateTime));
    const names = new Intl.DisplayNames([language], { type: "language" });
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
      $("results").replaceWith(document.adoptNode(fresh));
      dress();
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
  form.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(() => show(address(), true), 150); });
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(soon); show(address(), true); });

  let row;
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".download, .delete");
    if (!button) return;
    row = button.closest(".row");
    const { id, title, notes } = row.dataset;
    if (button.matches(".delete")) {
      $("deletion-title").textContent = told(say.delete_this, { title });
      $("deletion").returnValue = "";
      $("deletion").showModal();
      return;
    }
    $("downloads-title").textContent = told(say.download_of, { title });
    for (const link of document.querySelectorAll("#downloads [data-format]")) link.href = `/v1/jobs/${id}/results/${link.dataset.format}`;
    for (const each of document.querySelectorAll("#downloads .from-notes")) each.hidden = notes !== "true";
    $("downloads").showModal();
  });
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }

  $("deletion").addEventListener("close", async () => {
    if ($("deletion").returnValue !== "delete") return;
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
  });

  dress();
})();
