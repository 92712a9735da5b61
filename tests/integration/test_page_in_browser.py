"""The episode page in a real browser, from disk: sound, words, search, keys, dark, hostile text."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from desk import make_media
from playwright.sync_api import Browser, Page, expect, sync_playwright

from transcribe.core.episode import Episode, Segment, Transcript, Word
from transcribe.formats.example import example_episode
from transcribe.formats.page import beside, data_url, write_page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
RECORDING = "the sea #1 – 50% & more?.wav"
"""A name of which nearly every character means something in a URL."""

NOW = "document.getElementById('audio').currentTime"

RECORD_LIT = """
  window.seen = [];
  const words = [...document.querySelectorAll("#words .text > span")];
  new MutationObserver((changes) => {
    for (const { target } of changes) if (target.className === "lit") window.seen.push(words.indexOf(target));
  }).observe(document.getElementById("words"), { subtree: true, attributeFilter: ["class"] });
"""
"""Remembers the number of every word that is lit."""

Open = Callable[..., Page]


def until(page: Page, condition: str) -> None:
    """Wait for a condition in the page; the page's own policy refuses Playwright's `wait_for_function`."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    where = page.evaluate("[scrollX, scrollY, innerHeight, document.documentElement.scrollHeight]")
    pytest.fail(f"it never came to this: {condition}; at {page.evaluate(NOW)} s, scrolled to {where}")


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
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open the page of an episode beside its recording; whatever it complains about fails the test."""
    complaints: list[str] = []
    requests: list[str] = []
    contexts = []

    def open_it(
        said: Episode | None = None, name: str = RECORDING, *, embed: bool = False, **look: object
    ) -> Page:
        make_media(tmp_path / name, "-f", "lavfi", "-i", "sine=frequency=330:duration=45", "-ar", "8000")
        said = said or example_episode()
        said = replace(said, source=replace(said.source, name=name))
        url = data_url(name, (tmp_path / name).read_bytes()) if embed else beside(name)
        if embed:
            (tmp_path / name).unlink()
        (tmp_path / "page.html").write_bytes(write_page(said, url))
        context = browser.new_context(reduced_motion="reduce", offline=True, **look)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: requests.append(request.url))
        page.goto((tmp_path / "page.html").as_uri())
        until(page, "document.getElementById('audio').readyState > 0")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [each for each in complaints if "ERR_FILE_NOT_FOUND" not in each] == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.mark.parametrize("name", [RECORDING, "a.mp3", "b.flac"])
def test_a_click_on_a_word_plays_from_there_and_lights_it(open_page: Open, name: str) -> None:
    page = open_page(name=name)
    page.locator("#words .text > span", has_text="nobody").click()  # the fourth word of the second turn
    until(page, f"{NOW} > 16.2 && {NOW} < 30")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(".lit")).to_have_count(1)


def test_words_light_up_one_after_the_other(open_page: Open) -> None:
    page = open_page()
    page.evaluate(RECORD_LIT)
    page.get_by_role("button", name="Play", exact=True).click()
    until(page, "window.seen.length >= 4")
    seen = page.evaluate("window.seen")
    assert seen == sorted(set(seen))
    now_ms = 1000 * page.evaluate(NOW)
    assert 400 * seen[-1] <= now_ms  # the example's words take 400 ms each: none was lit before its time


def test_an_embedded_recording_plays_without_its_file(open_page: Open) -> None:
    page = open_page(embed=True)
    page.locator("#words .text > span", has_text="learned").click()
    until(page, f"{NOW} > 15")


def test_a_missing_recording_is_told_and_can_be_chosen(open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    away = tmp_path / "away"
    away.mkdir()
    shutil.move(tmp_path / RECORDING, away / "found.wav")
    page.goto((tmp_path / "page.html").as_uri() + "#t=20.5")
    page.reload()
    expect(page.get_by_text("is not beside this page")).to_be_visible()
    page.locator("#choose").set_input_files(away / "found.wav")
    until(page, f"{NOW} === 20.5")
    expect(page.get_by_text("is not beside this page")).to_be_hidden()


def test_search_counts_goes_on_and_ignores_capitals(open_page: Open) -> None:
    page = open_page()
    page.keyboard.press("/")
    page.keyboard.type("LAMP")
    count = page.locator("#count")
    expect(count).to_have_text("1 of 2")
    page.keyboard.press("Enter")
    expect(count).to_have_text("2 of 2")
    expect(page.locator(".hit.here")).to_have_text("Lamp,")
    page.get_by_role("button", name="Next hit").click()
    expect(count).to_have_text("1 of 2")
    page.get_by_role("searchbox").fill("nobody tends goes")
    expect(page.locator(".hit")).to_have_text(["nobody", "tends", "goes"])
    page.get_by_role("searchbox").fill("zebra")
    expect(count).to_have_text("No hits")
    page.get_by_role("searchbox").press("Escape")
    expect(page.locator(".hit")).to_have_count(0)


def test_keys_move_play_and_explain(open_page: Open) -> None:
    page = open_page()
    for key, seconds in [
        ("l", 10),
        ("ArrowRight", 15),
        ("j", 5),
        ("ArrowLeft", 0),
        ("ArrowDown", 15),
        ("ArrowUp", 0),
    ]:
        page.keyboard.press(key)
        until(page, f"{NOW} === {seconds}")
    for key in (" ", "k"):
        page.keyboard.press(key)
        until(page, f"document.getElementById('audio').paused === {str(key == 'k').lower()}")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")


def test_keys_typed_into_the_search_stay_there(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("searchbox").fill("")
    page.keyboard.type("jkl ?")
    expect(page.get_by_role("searchbox")).to_have_value("jkl ?")
    assert page.evaluate(NOW) == 0


def test_chapters_follow_the_sound_and_lead_into_it(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("link", name="The book").click()
    until(page, f"{NOW} >= 30")
    expect(page.locator("[aria-current]")).to_contain_text("The book")


def test_light_and_dark(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    page.get_by_role("button", name="Dark theme").click()
    light = page.evaluate(background)
    assert (dark, light) == ("rgb(20, 21, 23)", "rgb(251, 250, 247)")
    expect(page.get_by_role("button", name="Dark theme")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_screen(open_page: Open, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for button in ("play", "follow", "next"):
        box = page.locator(f"#{button}").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_what_is_said_is_shown_and_never_run(open_page: Open) -> None:
    attack = "<script>document.title='run'</script>"
    hostile = [attack, "<img src=x onerror=document.title='run'>", "</script>", "-->", "{{7*7}}", "&lt;"]
    words = tuple(Word(500 * n, 500 * n + 400, text, 0.9) for n, text in enumerate(hostile))
    said = example_episode()
    assert said.notes is not None
    page = open_page(
        replace(
            said,
            transcript=Transcript(said.transcript.language, (Segment(0, 3000, words, 0, attack),)),
            show=replace(said.show, episode_title=attack, title=attack),
            notes=replace(said.notes, summary=(replace(said.notes.summary[0], text=attack),)),
        )
    )
    assert page.title() == f"{attack} · {attack}"
    assert page.locator("#words .text").inner_text() == " ".join(hostile)
    assert page.locator("img, script:not([type])").count() == 1


def test_two_hours_are_searched_and_followed(open_page: Open) -> None:
    said = example_episode()
    segments = tuple(
        Segment(
            at, at + 3500, tuple(Word(at + 350 * k, at + 350 * k + 300, f"w{k}", 0.9) for k in range(10)), 0
        )
        for at in range(0, 7_200_000, 3600)
    )
    last = replace(
        segments[-1], words=(*segments[-1].words[:-1], replace(segments[-1].words[-1], text="Žerebięta"))
    )
    page = open_page(replace(said, transcript=Transcript(said.transcript.language, (*segments[:-1], last))))
    assert page.locator("#words .text > span").count() == 20_000
    page.get_by_role("searchbox").fill("zerebieta")
    expect(page.locator("#count")).to_have_text("1 of 1", timeout=30_000)  # 20,000 words on a busy machine
    top = "document.querySelector('.hit').getBoundingClientRect().top"
    until(page, f"{top} > 0 && {top} < innerHeight - 100")


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("he", "rtl"), ("pl", "ltr")])
def test_the_page_runs_as_its_language_does(open_page: Open, language: str, direction: str) -> None:
    said = example_episode()
    assert said.transcript.language is not None
    spoken = replace(said.transcript.language, code=language)
    page = open_page(replace(said, transcript=replace(said.transcript, language=spoken)))
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        language,
        direction,
    ]
    assert page.evaluate("getComputedStyle(document.querySelector('.text')).direction") == direction


def in_language(language: str) -> Episode:
    """The example, as if it and its notes were in another language."""
    said = example_episode()
    assert said.notes is not None
    assert said.transcript.language is not None
    spoken = replace(said.transcript.language, code=language)
    return replace(
        said,
        transcript=replace(said.transcript, language=spoken),
        notes=replace(said.notes, language=language),
    )


def test_the_controls_are_in_the_episode_s_language(open_page: Open) -> None:
    page = open_page(in_language("pl"))
    page.get_by_role("button", name="Odtwórz", exact=True).click()
    expect(page.get_by_role("button", name="Wstrzymaj", exact=True)).to_be_visible()
    page.get_by_role("searchbox", name="Szukaj w transkrypcji").fill("lamp")
    expect(page.locator("#count")).to_have_text("1 z 2")
    page.get_by_role("searchbox").fill("zebra")
    expect(page.locator("#count")).to_have_text("Brak trafień")
    page.get_by_role("searchbox").press("Escape")
    assert " z 00:45" in page.get_by_role("slider", name="Pozycja").get_attribute("aria-valuetext")  # type: ignore[operator]
    page.get_by_role("button", name="Klawisze").click()
    keys = page.get_by_role("dialog", name="Klawisze")
    expect(keys).to_contain_text("Enter i Shift Enter przechodzą po trafieniach, Esc kończy")
    expect(keys.get_by_role("button", name="Zamknij")).to_be_visible()


@pytest.mark.parametrize("language", ["de", "pl", "uk"])
def test_longer_words_fit_a_small_screen_too(open_page: Open, language: str) -> None:
    page = open_page(in_language(language), viewport={"width": 320, "height": 600})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.keyboard.press("?")
    assert page.evaluate("(d => d.scrollWidth <= d.clientWidth)(document.getElementById('keys'))")


def test_of_two_who_speak_at_once_the_latest_word_is_lit(open_page: Open) -> None:
    said = example_episode()
    long = tuple(Word(1000 * n, 1000 * n + 900, f"long{n}", 0.9) for n in range(10))
    short = (Word(3200, 3600, "yes!", 0.9),)
    segments = (Segment(0, 9900, long, 0, "Anna"), Segment(3200, 3600, short, 0, "Ben"))
    page = open_page(replace(said, transcript=Transcript(said.transcript.language, segments)))
    for ms, word in [(3100, "long3"), (3300, "yes!"), (3700, "long3"), (4100, "long4"), (9000, "long9")]:
        page.evaluate(f"document.getElementById('audio').currentTime = {ms / 1000}")
        expect(page.locator(".lit")).to_have_text(word)
    page.locator("#words .text > span", has_text="yes!").click()
    until(page, f"{NOW} >= 3.2 && {NOW} < 9")
