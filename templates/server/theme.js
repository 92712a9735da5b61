"use strict";
// What every page needs before anything is shown: light or dark, as was chosen; how dates are written.

/** Dates are written as where the reader is, if that is in the language of the page: British English, say. */
const locale = navigator.languages.find((each) => each.split("-")[0] === document.documentElement.lang) ?? document.documentElement.lang;

(() => {
  const root = document.documentElement;
  root.classList.add("js");

  function remembered() { try { return localStorage.getItem("theme"); } catch { return null; } }

  function isDark() {
    return (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  }

  function tell() { document.getElementById("theme").setAttribute("aria-pressed", String(isDark())); }

  const theme = remembered();
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  document.addEventListener("DOMContentLoaded", () => {
    tell();
    document.getElementById("theme").addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      tell();
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* kept for this page only */ }
    });
  });
})();
