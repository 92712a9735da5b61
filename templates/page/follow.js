"use strict";
/* The word that is spoken is lit and kept in view. `page` has `light(number)`, also for -1, `place(number)`: the box of
   a word, and the element to scroll to; and it may have `stays()`: whether it is not to scroll now. */

const LINGER_MS = 400; // a word stays lit over a short pause after it

function makeFollower(page) {
  const button = $("follow");
  let starts = [], ends = [], order = [], sorted = [], lit = -1;

  /** Take the times of all words, in ms. */
  function setTimes(newStarts, newEnds) {
    starts = newStarts; ends = newEnds; lit = -1;
    // Two may speak at the same time: a word's start may lie before that of the word before it in the text.
    order = starts.map((_, number) => number).sort((one, other) => starts[one] - starts[other] || one - other);
    sorted = order.map((number) => starts[number]);
  }

  /** The word that is spoken, the latest if two are; else the last one if it is not long over; else -1. */
  function spokenAt(ms) {
    const place = lastUpTo(sorted, ms);
    for (let at = place; at >= 0 && at > place - 20; at--) if (ms < ends[order[at]]) return order[at];
    return place >= 0 && ms <= ends[order[place]] + LINGER_MS ? order[place] : -1;
  }

  function show(ms) {
    const number = spokenAt(ms);
    if (number === lit) return;
    lit = number;
    page.light(number);
    if (number < 0 || !following() || page.stays?.() || !document.documentElement.classList.contains("playing")) return;
    const { box, element } = page.place(number);
    if (box.top < innerHeight * 0.15 || box.bottom > innerHeight * 0.7) bring(element);
  }

  function following() { return button.getAttribute("aria-pressed") === "true"; }

  function setFollowing(on) {
    button.setAttribute("aria-pressed", String(on));
    if (on && lit >= 0) bring(page.place(lit).element);
  }

  /** Whoever looks elsewhere while it plays wants to stay there. */
  function lookElsewhere() {
    if (document.documentElement.classList.contains("playing") && following()) setFollowing(false);
  }
  for (const kind of ["wheel", "touchmove"]) addEventListener(kind, lookElsewhere, { passive: true });

  return { setTimes, show, toggle: () => setFollowing(!following()), lookElsewhere };
}
