"""The page of an episode in a real browser, and what people do there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from correcting import decide_all
from counter import Counter, eventually
from desk import make_media
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from transcribe.formats.example import example_episode

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FIRST, SECOND, THIRD = (each.text for each in example_episode().transcript.segments)
NOW = "document.getElementById('audio').currentTime"
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],  # root has no sandbox
        )
        yield browser
        browser.close()


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    return Counter(tmp_path / "data")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a page in a browser of its own; what its script complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_it(url: str, context: BrowserContext | None = None, **look: object) -> Page:
        if context is None:
            context = browser.new_context(reduced_motion="reduce", **look)  # type: ignore[arg-type]
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        expect(page.locator("#words .line").first).to_be_visible()
        return page

    yield open_it
    for each in contexts:
        each.close()
    assert complaints == []


def finished(counter: Counter, client: httpx2.Client, tmp_path: Path, seconds: int = 45) -> str:
    """The address of the page of a job that is done."""
    sound = tmp_path / "sound.wav"
    make_media(sound, "-f", "lavfi", "-i", f"sine=frequency=330:duration={seconds}", "-ar", "8000")
    files = {"file": ("Latarnie morskie.wav", sound.read_bytes())}
    name = client.post("/v1/jobs", files=files).json()["id"]
    eventually(lambda: client.get(f"/v1/jobs/{name}").json()["state"] == "done")
    return f"http://localhost:{counter.port}/episodes/{name}"


def decided(client: httpx2.Client, url: str) -> None:
    """Accept whatever a reviewer has to look at, so that the transcript can be approved."""
    decide_all(client, f"/episodes/{url.rpartition('/')[2]}")


def box(page: Page, number: int) -> Locator:
    return page.locator("#words .line .text").nth(number)


def lines(page: Page) -> list[str]:
    return page.locator("#words .line .text").all_inner_texts()


def saved(page: Page) -> None:
    expect(page.locator("#state")).to_have_text("Saved")


def put_caret(page: Page, number: int, offset: int) -> None:
    """Begin to write at a place in a line."""
    box(page, number).evaluate(
        "(box, at) => { box.focus(); getSelection().collapse(box.firstChild, at); }", offset
    )


def result(client: httpx2.Client, url: str, form: str) -> str:
    return client.get(f"/v1/jobs/{url.rpartition('/')[2]}/results/{form}").text


def sidecar(counter: Counter, url: str) -> Path:
    return counter.folder / "jobs" / url.rpartition("/")[2] / "transcript.corrections.json"


def eventually_lines(page: Page, wanted: list[str]) -> None:
    expect(page.locator("#words .line .text")).to_have_text(wanted)
