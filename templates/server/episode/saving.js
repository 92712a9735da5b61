/* What is typed reaches the server: drafts in this browser until it has them, one request after the other. */

/** Answers of the server: an object with `status` and `body`; status 0 where it does not answer. */
export async function ask(path, body, more = {}) {
  const sent = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  try {
    const answer = await fetch(path, { ...sent, ...more });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  } catch { return { status: 0, body: null }; }
}

/** Texts that are kept in this browser, by name; what it does not keep is kept as long as the page is open. */
export function makeStore(prefix) {
  const held = new Map();
  return {
    get(name) {
      try { return JSON.parse(localStorage.getItem(prefix + name)); } catch { return held.get(name) ?? null; }
    },
    set(name, value) {
      try { localStorage.setItem(prefix + name, JSON.stringify(value)); } catch { held.set(name, value); }
    },
    remove(name) {
      held.delete(name);
      try { localStorage.removeItem(prefix + name); } catch { /* it was not kept */ }
    },
    names() {
      try {
        return Object.keys(localStorage).filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length));
      } catch { return [...held.keys()]; }
    },
  };
}

export const plainText = (text) => text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/gu, " ").trim().normalize("NFC");

/** Saves what `page.unsaved()` gives, whenever it is told to, and again while the server does not answer. */
export function makeSaver(page) {
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
      const next = page.unsaved();
      if (!next) { page.tell("saved"); return true; }
      page.tell("saving");
      const outcome = await page.save(next);
      if (outcome === "away") { page.tell("unsaved"); soon(AGAIN_MS); return false; }
      if (outcome === "refused") return false;
    }
  }

  addEventListener("online", () => now());
  return { soon, now };
}
