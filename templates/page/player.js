"use strict";
/* The player: sound, its buttons, where it is, which chapter that is. `shown` is told of every new place in ms. */

function makePlayer(say, shown) {
  const root = document.documentElement, audio = $("audio"), seek = $("seek");
  const chapters = Array.from(document.querySelectorAll(".chapters a[data-ms]"));
  const chapterStarts = chapters.map((link) => Number(link.dataset.ms));
  let wanted = null; // where to start once the recording is known
  let lastSecond = -1, chapter = -1;

  audio.controls = false;

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

  function show(ms) {
    shown(ms);
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
    }
    if (wanted !== null) goTo(wanted, false);
  });
  function failed() { $("notice").hidden = false; }
  audio.addEventListener("error", failed);
  if (audio.error || audio.networkState === HTMLMediaElement.NETWORK_NO_SOURCE) failed();
  seek.addEventListener("input", () => goTo(Number(seek.value), false));
  $("speed").addEventListener("change", (event) => { audio.playbackRate = Number(event.target.value); });

  /** Play a file that somebody chose, from where it is. */
  function use(file) {
    if (wanted === null) wanted = audio.currentTime * 1000;
    audio.src = URL.createObjectURL(file);
    audio.load();
  }

  /** Show where it is; once everything that listens to it is there. */
  function begin() {
    if (audio.readyState > 0) audio.dispatchEvent(new Event("loadedmetadata"));
    show(nowMs());
  }

  return {
    audio, seek, nowMs, goTo, play, toggle, use, begin,
    back: () => goTo(nowMs() - 10000, false),
    forward: () => goTo(nowMs() + 10000, false),
  };
}

/** Buttons by their ids. */
function onClicks(buttons) {
  for (const [id, act] of Object.entries(buttons)) {
    $(id).addEventListener("click", (event) => {
      act();
      if (event.detail > 0) event.currentTarget.blur(); // after a mouse, space plays again
    });
  }
}
