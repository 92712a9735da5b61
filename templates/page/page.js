
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  root.classList.add("js");
  const audio = $("audio"), seek = $("seek"), follow = $("follow"), query = $("query"), count = $("count");
  const { starts, ends, say } = JSON.parse($("data").textContent);
  // Looked up once; a word's number is its place in `starts`.
  const words = Array.from(document.querySelectorAll("#words .text > span"));
  const numbers = new Map(words.map((word, number) => [word, number]));
  const lines = Array.from(document.querySelectorAll("#words .line"));
  const lineStarts = lines.map((line) => Number(line.querySelector(".stamp").dataset.ms));
  const chapters = Array.from(document.querySelectorAll(".chapters a[data-ms]"));
  const chapterStarts = chapters.map((link) => Number(link.dataset.ms));
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  // Two may speak at the same time: a word's start may lie before that of the word before it in the text.
  const order = starts.map((_, number) => number).sort((one, other) => starts[one] - starts[other] || one - other);
  const sorted = order.map((number) => starts[number]);
  const LINGER_MS = 400; // a word stays lit over a short pause after it

  audio.controls = false;

  /* Time */

  /** The last place in a sorted list whose value is at most `ms`; -1 before the first. */
  function lastUpTo(list, ms) {
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle] <= ms) low = middle + 1; else high = middle;
    }
    return low - 1;
  }

  /** The word that is spoken, the latest if two are; else the last one if it is not long over; else -1. */
  function spokenAt(ms) {
    const place = lastUpTo(sorted, ms);
    for (let at = place; at >= 0 && at > place - 20; at--) if (ms < ends[order[at]]) return order[at];
    return place >= 0 && ms <= ends[order[place]] + LINGER_MS ? order[place] : -1;
  }

  function clock(ms) {
    const seconds = Math.floor(ms / 1000), pad = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(seconds / 3600), rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  }

  /** A sentence of the page's words with its values put in. */
  function told(sentence, values) { return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole); }

  let wanted = null; // where to start once the recording is known

  function nowMs() { return wanted === null ? audio.currentTime * 1000 : wanted; }

  function goTo(ms, thenPlay) {
    const last = Number(seek.max);
    const target = Math.max(0, Math.min(ms, last));
    if (audio.readyState > 0) { audio.currentTime = target / 1000; wanted = null; } else { wanted = target; }
    show(target);
    if (thenPlay) play();
  }

  function play() { audio.play().catch(() => {}); } // what keeps it from playing is told by "error"
  function toggle() { if (audio.paused) play(); else audio.pause(); }

  /* Following */

  let lit = -1, lastSecond = -1, chapter = -1;

  function show(ms) {
    const number = spokenAt(ms);
    if (number !== lit) light(number);
    const second = Math.floor(ms / 1000);
    if (second !== lastSecond) {
      lastSecond = second;
      $("now").textContent = clock(ms);
      seek.setAttribute("aria-valuetext", told(say.position_of, { now: clock(ms), all: clock(Number(seek.max)) }));
    }
    seek.value = ms;
    const here = lastUpTo(chapterStarts, ms + 1);
    if (here !== chapter) {
      chapters[chapter]?.removeAttribute("aria-current");
      chapters[here]?.setAttribute("aria-current", "true");
      chapter = here;
    }
  }

  function light(number) {
    words[lit]?.classList.remove("lit");
    words[number]?.classList.add("lit");
    lit = number;
    if (number >= 0 && following() && !audio.paused) keepInView(words[number]);
  }

  function keepInView(word) {
    const box = word.getBoundingClientRect();
    if (box.top < innerHeight * 0.15 || box.bottom > innerHeight * 0.7) bring(word);
  }

  function bring(element) {
    const near = Math.abs(element.getBoundingClientRect().top) < 3 * innerHeight;
    element.scrollIntoView({ block: "center", behavior: near && !calm.matches ? "smooth" : "instant" });
  }

  function following() { return follow.getAttribute("aria-pressed") === "true"; }

  function setFollowing(on) {
    follow.setAttribute("aria-pressed", String(on));
    if (on && words[lit]) bring(words[lit]);
  }

  function frame() {
    show(nowMs());
    if (!audio.paused) requestAnimationFrame(frame);
  }

  audio.addEventListener("play", () => {
    root.classList.add("playing");
    $("play").setAttribute("aria-label", say.pause);
    requestAnimationFrame(frame);
  });
  audio.addEventListener("pause", () => {
    root.classList.remove("playing");
    $("play").setAttribute("aria-label", say.play);
  });
  audio.addEventListener("seeked", () => show(nowMs()));
  audio.addEventListener("timeupdate", () => { if (document.hidden) show(nowMs()); });
  audio.addEventListener("loadedmetadata", () => {
    $("notice").hidden = true;
    if (Number.isFinite(audio.duration)) {
      seek.max = Math.round(audio.duration * 1000);
      $("whole").textContent = clock(audio.duration * 1000);
    }
    if (wanted !== null) goTo(wanted, false);
  });
  function failed() { $("notice").hidden = false; }
  audio.addEventListener("error", failed);
  if (audio.error || audio.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) failed();
  $("choose").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (!file) return;
    if (wanted === null) wanted = audio.currentTime * 1000;
    audio.src = URL.createObjectURL(file);
    audio.load();
  });
  // Whoever scrolls wants to look elsewhere.
  for (const kind of ["wheel", "touchmove"]) {
    addEventListener(kind, () => { if (!audio.paused && following()) setFollowing(false); }, { passive: true });
  }

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
    play: toggle,
    back: () => goTo(nowMs() - 10000, false),
    forward: () => goTo(nowMs() + 10000, false),
    follow: () => setFollowing(!following()),
    theme: changeTheme,
    help: () => $("keys").showModal(),
    next: () => hop(1),
    previous: () => hop(-1),
  };
  for (const [id, act] of Object.entries(buttons)) {
    $(id).addEventListener("click", (event) => {
      act();
      if (event.detail > 0) event.currentTarget.blur(); // after a mouse, space plays again
    });
  }
  seek.addEventListener("input", () => goTo(Number(seek.value), false));
  $("speed").addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });

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

  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
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
    if (!audio.paused && following()) setFollowing(false);
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
    " ": toggle, k: toggle,
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
  if (audio.readyState > 0) audio.dispatchEvent(new Event("loadedmetadata"));
  show(0);
  fromAddress();
})();
