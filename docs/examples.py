"""Makes `docs/examples/` anew: notes, description and page of the sample, and pictures of the page.

Run it with `make examples`. The words are recognised and the notes extracted by the program itself; who
speaks is taken from the sample's own reference. Pictures need Chromium; without it they stay as they are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from transcribe.core.episode import Segment
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import document

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "docs" / "examples"
SAMPLE = ROOT / "samples" / "two-voices.flac"
SHOW = [
    *("--show-title", "Two Voices", "--episode-title", "It was the best of times"),
    *("--call-to-action", "Read both books to the end."),
    *("--link", "A Tale of Two Cities=https://www.gutenberg.org/ebooks/98"),
    *("--link", "Sense and Sensibility=https://www.gutenberg.org/ebooks/161"),
]
NAMES = ["dickens=Dickens", "austen=Austen"]
FORMATS = ["-f", "notes", "-f", "youtube", "-f", "page"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LOOKS = {
    "page-light": {"viewport": {"width": 1200, "height": 820}, "color_scheme": "light"},
    "page-dark": {"viewport": {"width": 1200, "height": 820}, "color_scheme": "dark"},
    "page-phone": {"viewport": {"width": 390, "height": 800}, "color_scheme": "light"},
}


def main() -> None:
    """Transcribe, name the speakers, write the files, take the pictures."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        transcribe(str(SAMPLE), "-m", "base", "-f", "json", "-o", str(folder), "--force", *SHOW)
        path = folder / "two-voices.json"
        attribute(path)
        transcribe("rename", str(path), *NAMES)
        transcribe("render", str(path), *FORMATS, "-o", str(EXAMPLES), "--force")
        shutil.copy(SAMPLE, folder)
        shutil.copy(EXAMPLES / "two-voices.html", folder)
        if CHROMIUM:
            take_pictures(folder / "two-voices.html")
        else:
            print("no Chromium: the pictures stay as they are", file=sys.stderr)


def transcribe(*arguments: str) -> None:
    """Run the program."""
    subprocess.run([sys.executable, "-m", "transcribe", *arguments], cwd=ROOT, check=True)


def attribute(path: Path) -> None:
    """Give every segment the speaker who has most of it, by the sample's reference."""
    said = document.read_document(path.read_bytes())
    segments = tuple(replace(each, speaker=speaker_of(each)) for each in said.transcript.segments)
    said = replace(said, transcript=replace(said.transcript, segments=segments))
    path.write_bytes(document.write(said, SubtitleSettings()))


def speaker_of(segment: Segment) -> str:
    """Who speaks longest during a segment."""
    shares: dict[str, float] = {}
    for line in SAMPLE.with_suffix(".rttm").read_text(encoding="utf-8").splitlines():
        _, _, _, start, length, _, _, name, *_ = line.split()
        start_ms, end_ms = 1000 * float(start), 1000 * (float(start) + float(length))
        shared = min(end_ms, segment.end_ms) - max(start_ms, segment.start_ms)
        shares[name] = shares.get(name, 0) + max(0, shared)
    return max(shares, key=lambda each: shares[each])


def take_pictures(page: Path) -> None:
    """The page at its beginning, light and dark, and on a phone at its transcript with a word lit."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, look in LOOKS.items():
            context = browser.new_context(reduced_motion="reduce", offline=True, **look)
            shown = context.new_page()
            shown.goto(f"{page.as_uri()}#t=5.2" if name == "page-phone" else page.as_uri())
            shown.wait_for_timeout(1000)
            shown.screenshot(path=EXAMPLES / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
