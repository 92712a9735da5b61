"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const query = $("query"), count = $("count");
  const { starts, ends, say } = JSON.parse($("data").textContent);
  // Looked up once; a word's number is its place in `starts`.
  const words = Array.from(document.querySelectorAll("#words .text > span"));
  const numbers = new Map(words.map((word, number) => [word, number]));
  const lines = Array.from(document.querySelectorAll("#words .line"));
  const lineStarts = lines.map((line) => Number(line.querySelector(".stamp").dataset.ms));
  let lit = null;
  const follower = makeFollower({
    light: (number) => {
      lit?.classList.remove("lit");
      lit = words[number];
      lit?.classList.add("lit");
    },
    place: (number) => ({ box: words[number].getBoundingClientRect(), element: words[number] }),
  });
  follower.setTimes(starts, ends);
  const player = makePlayer(say, follower.show);
  const { goTo, nowMs } = player;

  $("choose").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) player.use(file);
  });

  /* Clicks: one listener for all words and times */

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-ms]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      try { history.replaceState(null, "", link.getAttribute("href")); } catch { /* some browsers refuse it on disk */ }
      goTo(Number(link.dataset.ms), true);
      const line = lines[lastUpTo(lineStarts, Number(link.dataset.ms))];
      if (line && !link.closest("#words")) bring(line);
      return;
    }
    const number = numbers.get(event.target);
    if (number !== undefined && getSelection().isCollapsed) goTo(starts[number], true);
  });

  const buttons = {
    play: player.toggle, back: player.back, forward: player.forward,
    follow: follower.toggle,
    theme: changeTheme,
    help: () => $("keys").showModal(),
    next: () => hop(1),
    previous: () => hop(-1),
  };
  onClicks(buttons);

  /* Light and dark */

  function remembered() { try { return localStorage.getItem("theme"); } catch { return null; } }

  function isDark() {
    return (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  }

  function setTheme(name) {
    if (name === "dark" || name === "light") root.dataset.theme = name;
    $("theme").setAttribute("aria-pressed", String(isDark()));
  }

  function changeTheme() {
    const name = isDark() ? "light" : "dark";
    setTheme(name);
    try { localStorage.setItem("theme", name); } catch { /* kept for this visit only */ }
  }

  setTheme(remembered());

  /* Search: over all words joined, without accents and capitals */

  let index = null, hits = [], current = -1;

  function indexed() {
    if (index) return index;
    const offsets = [];
    let text = "";
    words.forEach((word, number) => {
      const before = word.previousSibling;
      if (number && (!before || before.nodeType === Node.TEXT_NODE)) text += " ";
      offsets.push(text.length);
      text += fold(word.textContent);
    });
    index = { text, offsets };
    return index;
  }

  function search() {
    for (const hit of hits) for (const word of hit) word.classList.remove("hit", "here");
    hits = []; current = -1;
    const sought = fold(query.value).trim().replace(/\s+/g, " ");
    if (sought) {
      const { text, offsets } = indexed();
      for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + sought.length)) {
        hits.push(words.slice(lastUpTo(offsets, at), lastUpTo(offsets, at + sought.length - 1) + 1));
      }
      for (const hit of hits) for (const word of hit) word.classList.add("hit");
    }
    $("next").disabled = $("previous").disabled = hits.length === 0;
    count.textContent = sought ? (hits.length ? "" : say.no_hits) : "";
    if (hits.length) hop(1);
  }

  function hop(step) {
    if (!hits.length) return;
    for (const word of hits[current] ?? []) word.classList.remove("here");
    current = current < 0 && step > 0 ? 0 : (current + step + hits.length) % hits.length;
    for (const word of hits[current]) word.classList.add("here");
    count.textContent = told(say.hit, { n: current + 1, all: hits.length });
    follower.lookElsewhere();
    bring(hits[current][0]);
  }

  let waiting = 0;
  query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
  query.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); hop(event.shiftKey ? -1 : 1); }
    if (event.key === "Escape") { query.value = ""; search(); query.blur(); }
  });

  /* Keys */

  function paragraph(step) {
    const here = lastUpTo(lineStarts, nowMs() + 1);
    const number = Math.max(0, Math.min(here + step, lines.length - 1));
    if (!lines[number]) return;
    goTo(lineStarts[number], false);
    bring(lines[number]);
  }

  const keys = {
    " ": player.toggle, k: player.toggle,
    j: buttons.back, l: buttons.forward,
    ArrowLeft: () => goTo(nowMs() - 5000, false), ArrowRight: () => goTo(nowMs() + 5000, false),
    ArrowUp: () => paragraph(-1), ArrowDown: () => paragraph(1),
    "/": () => { query.focus(); query.select(); }, f: buttons.follow, d: changeTheme, "?": buttons.help,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $("keys").open) return;
    const target = event.target;
    if (target.closest("input[type=search], input[type=file], select")) return;
    if (target.id === "seek" && event.key.startsWith("Arrow")) return;
    if (event.key === " " && target.closest("button, a, summary")) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  /* Links to a moment: page.html#t=83.5 */

  function fromAddress() {
    const found = /^#t=(\d+(?:\.\d+)?)$/.exec(location.hash);
    if (!found) return;
    const ms = Number(found[1]) * 1000;
    goTo(ms, false);
    const line = lines[lastUpTo(lineStarts, ms)];
    if (line) bring(line);
  }
  addEventListener("hashchange", fromAddress);
  player.begin();
  fromAddress();
})();
