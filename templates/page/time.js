"use strict";
/* What the episode pages, the published one and the server's, have in common: elements, times, sentences. */

const $ = (id) => document.getElementById(id);

/** The last place in a sorted list whose value is at most `ms`; -1 before the first. */
function lastUpTo(list, ms) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= ms) low = middle + 1; else high = middle;
  }
  return low - 1;
}

function clock(ms) {
  const seconds = Math.floor(ms / 1000), pad = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600), rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

/** A sentence of the page's words with its values put in. */
function told(sentence, values) { return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole); }

/** A text as it is searched: without accents and capitals. */
function fold(text) { return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase(); }

const calm = matchMedia("(prefers-reduced-motion: reduce)");

function bring(element) {
  const near = Math.abs(element.getBoundingClientRect().top) < 3 * innerHeight;
  element.scrollIntoView({ block: "center", behavior: near && !calm.matches ? "smooth" : "instant" });
}
