"""Makes the pictures of the server's page of an episode anew: a review, its approval, a phone.

`make examples` runs it after `examples.py`. A server of its own transcribes the sample; who speaks is taken
from the sample's reference. Needs Chromium; without it the pictures stay as they are.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from examples import CHROMIUM, EXAMPLES, NAMES, ROOT, SAMPLE, attribute, transcribe

RULES = """\
version = 1
name = "Of the times"
languages = ["en"]
decides = "the editor"

[[rules]]
id = "no-wisdom"
title = "Nobody promises wisdom"
words = ["age of wisdom", "wise man"]
severity = "block"

[[rules]]
id = "author-named"
title = "The author is named in the first half minute"
want = "present"
words = ["Dickens"]
until = "0:30"
evidence = "By the reader, not in the text"
"""
WIDE = {"viewport": {"width": 1280, "height": 860}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


def main() -> None:
    """Transcribe, name the speakers, take the pictures."""
    if not CHROMIUM:
        print("no Chromium: the pictures of the server stay as they are", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "rules.toml").write_text(RULES, encoding="utf-8")
        with serving(folder) as client:
            name = client.post(
                "/v1/jobs", files={"file": ("Best of times.flac", SAMPLE.read_bytes())}
            ).json()["id"]
            while client.get(f"/v1/jobs/{name}").json()["state"] != "done":
                time.sleep(0.5)
            document = folder / "data" / "jobs" / name / "transcript.json"
            attribute(document)
            transcribe("rename", str(document), *NAMES)
            take_pictures(client, f"/episodes/{name}")


@contextmanager
def serving(folder: Path) -> Iterator[httpx2.Client]:
    """A client of a server whose data lies in a folder."""
    command = ["serve", "-m", "base", "--port", "0", "--data", str(folder / "data"), "--notes"]
    command += ["--policy", str(folder / "rules.toml")]
    log = folder / "log"
    with (
        log.open("w") as told,
        subprocess.Popen([sys.executable, "-m", "transcribe", *command], cwd=ROOT, stderr=told) as server,
    ):
        try:
            while "pages for people: " not in log.read_text() and server.poll() is None:
                time.sleep(0.2)
            address = log.read_text().partition("pages for people: ")[2].split()[0]
            with httpx2.Client(base_url=address, timeout=60) as client:
                yield client
        finally:
            server.terminate()


def take_pictures(client: httpx2.Client, episode: str) -> None:
    """The list with a place that is heard; the approval; the list on a phone."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        )

        def opened(**look: Any) -> Any:
            page = browser.new_context(reduced_motion="reduce", locale="en", **look).new_page()
            page.goto(f"{client.base_url}{episode}".replace("//episodes", "/episodes"))
            page.locator("#items .item").first.wait_for()
            page.keyboard.press("t")
            return page

        for picture, look in (("serve-editing", WIDE), ("serve-phone", PHONE)):
            page = opened(**look)
            page.keyboard.press("p")
            page.wait_for_timeout(3500)
            if picture == "serve-phone":
                page.locator("#review").scroll_into_view_if_needed()
            page.screenshot(path=EXAMPLES / f"{picture}.png")
        decide_all(client, episode)
        page = opened(**WIDE)
        page.keyboard.press("p")
        page.wait_for_timeout(3500)
        page.locator("#approve").click()
        page.get_by_label("Your name").fill("Ala Nowak")
        page.get_by_label("Reason").fill("Read against the book; the flag is a quotation from it")
        page.screenshot(path=EXAMPLES / "serve-approving.png")
        browser.close()


def decide_all(client: httpx2.Client, episode: str) -> None:
    """Accept every place."""
    known = client.get(f"{episode}/review").json()
    for item in known["items"]:
        body = {"item": item["id"], "content": item["content"], "choice": "accept", "who": "Ala Nowak"}
        body |= {"seen": known["seen"], "revision": known["revision"], "reason": "Read from the book"}
        client.post(f"{episode}/decisions", json=body).raise_for_status()


if __name__ == "__main__":
    main()
