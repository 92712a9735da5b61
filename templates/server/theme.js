"use strict";
// Light or dark: what was chosen is remembered, also for the episode pages; loaded before anything is shown.
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
