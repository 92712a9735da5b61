"""The page on which transcripts are corrected: an interview of two hours, on the server and in a browser.

    python -m benchmarks.serve_pages [--model tiny.en]

Writes `benchmarks/results/serve-pages.md`. Needs a Chromium; a minute on two cores.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.machine import this_machine
from benchmarks.serve import ROOT, Server, serving
from transcribe.core.episode import Episode, Language, Segment, Transcript, Word
from transcribe.core.settings import Settings
from transcribe.formats.document import write
from transcribe.formats.example import example_episode
from transcribe.jobs.queue import State
from transcribe.server.intake.uploads import Upload
from transcribe.server.turns.store import DOCUMENT, Store, Wish

LINES, WORDS, HOURS = 1500, 20_000, 2
CORRECTIONS = (0, 500, 2000)
TIMES = 20
RESULT = ROOT / "benchmarks" / "results" / "serve-pages.md"
SYLLABLES = ("ka", "lo", "mi", "re", "tu", "sen", "dor", "vi", "pal", "ne", "gra", "os")

SHOWN = """() => new Promise((resolve) => {
  const shown = () => document.querySelector("#words .line");
  const end = () => requestAnimationFrame(() => resolve(performance.now()));
  const look = () => shown() ? end() : setTimeout(look, 2);
  look();
})"""
"""Milliseconds from the start of loading the page until the frame after its lines are there."""

KEYSTROKE = """() => new Promise((resolve) => {
  const started = performance.now();
  document.execCommand("insertText", false, "a");
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
})"""
"""Milliseconds from a letter until the frame that shows it is made."""

FOUND = """(sought) => new Promise((resolve) => {
  const input = document.getElementById("sought"), count = document.getElementById("count");
  input.value = sought;
  const started = performance.now();
  document.getElementById("whole-word").dispatchEvent(new Event("change"));
  requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
})"""
"""Milliseconds of a search through everything, with its hits marked."""


def interview() -> Episode:
    """Two hours of two speakers, every twentieth word doubtful."""
    chance = random.Random(7)  # noqa: S311 - not for secrets
    known = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(3000)]
    step = HOURS * 3_600_000 // WORDS
    segments, place = [], 0
    for number in range(LINES):
        count = WORDS * (number + 1) // LINES - place
        words = tuple(
            Word(n * step, n * step + step * 3 // 4, chance.choice(known), 0.2 if n % 20 == 0 else 0.95)
            for n in range(place, place + count)
        )
        place += count
        speaker = ("Anna", "Ben")[number // 3 % 2]
        segments.append(Segment(words[0].start_ms, words[-1].end_ms, words, 0, speaker, "en"))
    return replace(
        example_episode(),
        transcript=Transcript(Language("en", 1.0, detected=True), tuple(segments)),
        notes=None,
    )


def prepared(folder: Path) -> str:
    """A finished job of the interview in a server's folder; its name."""
    store = Store(folder / "data", Settings(), "0" * 64)
    try:
        recording = folder / "data" / "incoming" / "a.part"
        shutil.copy(ROOT / "samples" / "two-voices.flac", recording)
        sha256 = hashlib.sha256(recording.read_bytes()).hexdigest()
        job = store.submit(Upload(recording, sha256, "interview.flac"), Wish("local"), HOURS * 3_600_000)
        (store.folder(job.name) / DOCUMENT).write_bytes(write(interview(), Settings().subtitles))
        store.write(replace(job, state=State.DONE))
        return job.name
    finally:
        store.close()


def several_ms(measure: Callable[[], float], times: int = TIMES) -> str:
    """The least, the middle and the longest of several measurements in ms."""
    found = [measure() for _ in range(times)]
    return f"{min(found):.0f} / {statistics.median(found):.0f} / {max(found):.0f}"


class Editor:
    """Somebody who corrects one line after the other over HTTP."""

    def __init__(self, server: Server, name: str) -> None:
        self.server, self.episode = server, f"/episodes/{name}"
        self.known: dict[str, Any] = {}
        self.next = 0

    def load(self) -> float:
        started = time.perf_counter()
        answer = self.server.client.get(f"{self.episode}/transcript")
        took = time.perf_counter() - started
        self.known = answer.json()
        return 1000 * took

    def edits(self, count: int) -> list[dict[str, Any]]:
        """Edits of the next lines, a word in each."""
        chosen = [self.known["lines"][(self.next + n) % LINES] for n in range(count)]
        self.next += count
        return [
            {
                "first": line["first"],
                "end": line["end"],
                "lines": [{"text": f"{line['text']} corrected{self.next}", "speaker": line["speaker"]}],
                "seen": line["corrections"],
            }
            for line in chosen
        ]

    def send(self, edits: list[dict[str, Any]]) -> float:
        body = {"revision": self.known["revision"], "edits": edits}
        started = time.perf_counter()
        answer = self.server.client.post(f"{self.episode}/edits", json=body)
        took = time.perf_counter() - started
        answer.raise_for_status()
        return 1000 * took

    def corrected(self, count: int) -> None:
        """Make the layer have about so many corrections: words of one line are corrected apart."""
        self.load()
        edits = []
        for line in self.known["lines"][: (count + 1) // 2]:
            words = line["text"].split()
            words[0], words[2] = "Corrected", "otherwise"
            edit = {"first": line["first"], "end": line["end"], "seen": line["corrections"]}
            edits.append(edit | {"lines": [{"text": " ".join(words), "speaker": line["speaker"]}]})
        if edits:
            self.send(edits)
        self.load()


def measured_server(server: Server, name: str) -> list[str]:
    rows = []
    for count in CORRECTIONS:
        editor = Editor(server, name)
        editor.corrected(count)
        loaded = several_ms(editor.load)
        edited = several_ms(lambda editor=editor: editor.send(editor.edits(1)))  # type: ignore[misc]
        rows.append(f"| {count} | {loaded} | {edited} |")
    return rows


def measured_page(page: Page, url: str) -> list[str]:
    def shown() -> float:
        page.goto(url)
        return float(page.evaluate(SHOWN))

    rows = [f"| the transcript is shown, from the start of loading | {several_ms(shown, 5)} |"]
    page.locator("#words .text").nth(700).click()
    rows.append(
        f"| a letter typed, until its frame | {several_ms(lambda: float(page.evaluate(KEYSTROKE)))} |"
    )
    page.locator("#find").click()
    for sought in ("kalo", "a"):
        found = several_ms(lambda sought=sought: float(page.evaluate(FOUND, sought)), 10)  # type: ignore[misc]
        hits = page.locator("#count").inner_text().rpartition(" ")[2]
        rows.append(f"| “{sought}” found, {hits} hits | {found} |")
    return rows


def main() -> None:
    """Measure, and write the page of results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="tiny.en")
    model = parser.parse_args().model
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        folder = Path(place)
        name = prepared(folder)
        with serving(folder, model) as server:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page_rows = measured_page(browser.new_page(), f"{server.url}/episodes/{name}")
            version = browser.version
            browser.close()
            server_rows = measured_server(server, name)
    machine = this_machine()
    lines = [
        "# Correcting a transcript of two hours",
        "",
        f"{WORDS} words in {LINES} lines, a twentieth of them doubtful. {machine.processor}, {machine.cores} "
        f"cores; {machine.system}; Chromium {version}. Milliseconds: the least, the middle and the longest "
        f"of several, load average of the machine {os.getloadavg()[0]:.1f}. "
        "Made by `python -m benchmarks.serve_pages`.",
        "",
        "| in the browser | ms |",
        "|---|---|",
        *page_rows,
        "",
        "| corrections in the layer | transcript loaded | one line edited, written to the disk |",
        "|---|---|---|",
        *server_rows,
    ]
    RESULT.write_text("\n".join(lines) + "\n", "utf-8")
    print(RESULT.read_text("utf-8"))


if __name__ == "__main__":
    main()
