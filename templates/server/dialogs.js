/* What the library and the page of an episode share: dialogs, shown until a button ends them; titles that others change. */

/** Show a dialog; the value of the button that ended it. `first` has the focus. */
export function ended(dialog, first) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
    first?.focus();
  });
}

/** An act that is not begun again while it lasts: a double click begins it once. */
export function once(act) {
  let lasting = null;
  return () => { lasting ??= act().finally(() => { lasting = null; }); };
}

/** Offer an episode in every format; those that are made from notes only where it has notes. */
export function showDownloads(say, { id, title, notes }) {
  $("downloads-title").textContent = told(say.download_of, { title });
  for (const link of document.querySelectorAll("#downloads [data-format]")) link.href = `/v1/jobs/${id}/results/${link.dataset.format}`;
  for (const each of document.querySelectorAll("#downloads .from-notes")) each.hidden = !notes;
  return ended($("downloads"));
}

/** Ask whether an episode is to be deleted, and say what is lost. */
export async function wantsDeletion(say, title) {
  $("deletion-title").textContent = told(say.delete_this, { title });
  return await ended($("deletion")) === "delete";
}

/** Call `act` with every job that is told of: somebody may have called it something else; and `look` when telling begins,
    for what happened before. A page that nobody looks at does not listen: browsers have few connections for all of them. */
export function followTitles(act, look) {
  let stream = null;
  function follow() {
    stream?.close();
    if (document.hidden) return;
    stream = new EventSource("/v1/events");
    stream.addEventListener("state", (event) => act(JSON.parse(event.data)));
    stream.onopen = look;
  }
  document.addEventListener("visibilitychange", follow);
  follow();
}

document.addEventListener("click", ({ target, detail }) => {
  // The first submit button is what Enter presses: so what ends a dialog without effect is none.
  if (target.matches("dialog .cancel")) target.closest("dialog").close("");
  if (target.matches("#downloads, #deletion") && detail < 2) target.close(); // beside it; not by the double click that opened it
});
