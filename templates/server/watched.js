"use strict";
// The watched folders: the page is asked for again every few seconds, and a folder that has changed is replaced.
(() => {
  const EVERY_MS = 3000;
  const $ = (id) => document.getElementById(id);
  const dates = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const made = new WeakMap(); // each folder as the server has made it

  /** Times as they are where the reader is. */
  function dress(folder) {
    made.set(folder, folder.outerHTML);
    for (const time of folder.querySelectorAll("time")) time.textContent = dates.format(new Date(time.dateTime));
  }

  function replace(fresh) {
    const shown = [...$("folders").children];
    [...fresh.children].forEach((folder, place) => {
      if (made.get(shown[place]) === folder.outerHTML) return;
      dress(folder);
      shown[place].replaceWith(folder);
    });
  }

  async function look() {
    if (document.hidden || !getSelection().isCollapsed) return; // nobody looks, or somebody copies a line
    try {
      const answer = await fetch(location.pathname);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("folders");
      if (fresh?.children.length !== $("folders").children.length) { location.reload(); return; } // signed out, or another server
      replace(document.adoptNode(fresh));
      $("banner").hidden = true;
    } catch {
      $("banner").hidden = false;
    }
  }

  let soon;
  async function again() {
    clearTimeout(soon);
    await look();
    clearTimeout(soon);
    soon = setTimeout(again, EVERY_MS);
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) again(); });
  [...$("folders").children].forEach(dress);
  soon = setTimeout(again, EVERY_MS);
})();
