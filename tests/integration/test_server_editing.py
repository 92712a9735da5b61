"""The page on which a transcript is corrected, in a real browser, with a running server."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from counter import Counter
from desk import Desk
from editing_page import (
    FIRST,
    NOW,
    SECOND,
    THIRD,
    Open,
    box,
    decided,
    eventually_lines,
    finished,
    lines,
    put_caret,
    result,
    saved,
    sidecar,
)
from playwright.sync_api import Browser, expect
from served import serving

from transcribe.jobs.corrections import read_sidecar
from transcribe.server.access.auth import Access
from transcribe.server.access.keys import Keys


def test_a_corrected_word_is_saved_by_itself_and_in_every_file(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        put_caret(page, 0, len("Welcome to Harbour"))
        page.keyboard.type("s")
        expect(page.locator("#state")).to_have_text("Saving…")
        saved(page)
        assert "Welcome to Harbours Lights" in result(client, url, "srt")
        assert '"text": "Harbour"' in result(client, url, "json")
        assert page.evaluate("document.activeElement.textContent").startswith("Welcome to Harbours Lights")
        page.reload()
        expect(box(page, 0)).to_contain_text("Harbours")


def test_lines_are_divided_joined_and_brought_back(counter: Counter, open_page: Open, tmp_path: Path) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        put_caret(page, 1, len("A lamp that nobody tends goes out. "))
        page.keyboard.press("Enter")
        divided = [
            FIRST,
            "A lamp that nobody tends goes out.",
            "That is all I learned in forty years.",
            THIRD,
        ]
        assert lines(page) == divided
        saved(page)
        assert result(client, url, "tsv").count("\n") == 5
        page.keyboard.type("And ")
        saved(page)
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+z")
        eventually_lines(page, [FIRST, SECOND, THIRD])
        page.keyboard.press("Control+Shift+z")
        eventually_lines(page, divided)
        put_caret(page, 2, 0)
        page.keyboard.press("Backspace")
        eventually_lines(page, [FIRST, SECOND, THIRD])
        saved(page)
        assert read_sidecar(sidecar(counter, url)).records == ()
        put_caret(page, 2, 0)
        page.keyboard.press("Backspace")
        page.keyboard.type("!")
        eventually_lines(page, [FIRST, f"{SECOND} !{THIRD}"])
        saved(page)
        assert f"{SECOND} !{THIRD}" in result(client, url, "tsv")


def test_steps_back_in_one_line_as_fast_as_keys_go(counter: Counter, open_page: Open, tmp_path: Path) -> None:
    with counter.serving() as client:
        page = open_page(finished(counter, client, tmp_path))
        put_caret(page, 0, 0)
        for word in ("one ", "two ", "three "):
            page.keyboard.type(word)
            expect(page.locator("#state")).to_have_text("Saving…")
            saved(page)
        for _ in range(3):
            page.keyboard.press("Control+z")
        eventually_lines(page, [FIRST, SECOND, THIRD])
        expect(page.locator("#undo")).to_be_disabled()
        assert page.locator("dialog[open]").count() == 0


def test_a_deleted_line_goes_once_it_is_left_and_comes_back(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        put_caret(page, 1, 0)
        page.keyboard.press("Control+a")
        page.keyboard.press("Delete")
        page.wait_for_timeout(1200)
        assert page.locator("#words .line").count() == 3
        page.keyboard.press("Tab")
        eventually_lines(page, [FIRST, THIRD])
        saved(page)
        assert SECOND not in result(client, url, "txt")
        page.keyboard.press("Control+z")
        eventually_lines(page, [FIRST, SECOND, THIRD])


def test_who_speaks_is_changed_from_a_line_on_or_everywhere(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        page.get_by_role("button", name="Who speaks: Anna").first.click()
        page.get_by_label("Another name").fill("Zoë")
        page.get_by_label("Everywhere that Anna speaks").check()
        page.get_by_role("button", name="Change").click()
        expect(page.get_by_role("button", name="Who speaks: Zoë")).to_have_count(2)
        saved(page)
        assert "Zoë" in result(client, url, "json")
        put_caret(page, 2, 0)
        page.keyboard.press("Alt+s")
        page.get_by_role("radio", name="Ben").check()
        page.get_by_role("button", name="Change").click()
        expect(page.get_by_role("button", name="Who speaks: Zoë")).to_have_count(1)
        saved(page)
        page.keyboard.press("Control+z")
        expect(page.get_by_role("button", name="Who speaks: Zoë")).to_have_count(2)
        page.keyboard.press("Control+z")
        expect(page.get_by_role("button", name="Who speaks: Anna")).to_have_count(2)


def test_find_and_replace_counts_first_and_is_one_step_back(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        page.keyboard.press("Control+h")
        page.get_by_label("Find", exact=True).fill("LAMP")
        expect(page.locator("#replace-all")).to_have_text("Replace all (2)")
        page.get_by_label("Match case").check()
        expect(page.locator("#count")).to_have_text("No hits")
        page.get_by_label("Match case").uncheck()
        page.get_by_label("Replace with").fill("lantern $1")
        page.get_by_role("button", name="Replace all (2)").click()
        expect(box(page, 1)).to_contain_text("A lantern $1 that")
        expect(box(page, 2)).to_contain_text("The Last lantern $1,")
        saved(page)
        assert result(client, url, "txt").count("lantern $1") == 2
        page.keyboard.press("Escape")
        page.keyboard.press("Control+z")
        eventually_lines(page, [FIRST, SECOND, THIRD])
        page.keyboard.press("Control+h")
        for field, hits in (("Find", "1 of 2"), ("Replace with", "1 of 1")):
            page.get_by_label(field, exact=True).press("Enter")
            expect(page.locator("#count")).to_have_text(hits)
        expect(box(page, 1)).to_contain_text("A lantern $1 that")
        expect(box(page, 2)).to_contain_text("The Last Lamp,")


def test_doubtful_places_are_played_one_after_the_other(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        document = sidecar(counter, url).parent / "transcript.json"
        said = json.loads(document.read_bytes())
        said["segments"][1]["words"][1]["probability"] = 0.2
        said["segments"][2]["words"][1]["probability"] = 0.3
        document.write_text(json.dumps(said), "utf-8")
        page = open_page(url)
        expect(page.locator("#left")).to_have_text("2 doubtful")
        page.locator("h1").click()
        page.keyboard.press("n")
        expect(page.locator("#doubt-told")).to_contain_text("00:15 · The recognition is not sure")
        assert page.evaluate("document.activeElement.textContent") == SECOND
        assert page.evaluate(f"{NOW} >= 13.3 && {NOW} < 16")
        assert page.evaluate("[...CSS.highlights.get('spot')].map(String)") == ["lamp"]
        page.keyboard.press("Alt+n")
        expect(page.locator("#doubt-told")).to_contain_text("00:30")
        expect(page.locator("#left")).to_have_text("All looked at")
        page.reload()
        expect(page.locator("#left")).to_have_text("All looked at")


def test_keys_work_while_writing_and_elsewhere(counter: Counter, open_page: Open, tmp_path: Path) -> None:
    with counter.serving() as client:
        page = open_page(finished(counter, client, tmp_path))
        playing = "!document.getElementById('audio').paused"
        put_caret(page, 0, 3)
        page.keyboard.press("Control+Space")
        assert page.evaluate(playing)
        page.keyboard.press("Control+Space")
        assert not page.evaluate(playing)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == SECOND
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.textContent") == FIRST
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement === document.body")
        page.keyboard.press("k")
        assert page.evaluate(playing)
        page.keyboard.press("Space")
        assert not page.evaluate(playing)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert lines(page) == [FIRST, SECOND, THIRD]


def test_composed_letters_other_scripts_and_pasted_lines(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        session = page.context.new_cdp_session(page)
        put_caret(page, 0, 0)
        session.send("Input.imeSetComposition", {"text": "とう", "selectionStart": 2, "selectionEnd": 2})
        page.wait_for_timeout(1200)
        assert read_sidecar(sidecar(counter, url)).records == ()
        session.send("Input.insertText", {"text": "東京"})
        saved(page)
        assert "東京Welcome" in result(client, url, "txt")
        box(page, 1).fill("مرحبا بالعالم zażółć")
        saved(page)
        assert "مرحبا بالعالم zażółć" in result(client, url, "txt")
        put_caret(page, 2, 0)
        page.evaluate(
            """() => {
              const data = new DataTransfer();
              data.setData("text/plain", "two\\nlines ");
              data.setData("text/html", "<b>two</b>");
              document.activeElement.dispatchEvent(new ClipboardEvent("paste",
                { clipboardData: data, bubbles: true, cancelable: true }));
            }"""
        )
        expect(box(page, 2)).to_have_text(f"two lines {THIRD}")
        assert page.locator("#words b").count() == 0


def test_hostile_text_is_shown_as_text(counter: Counter, open_page: Open, tmp_path: Path) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        hostile = "<img src=x onerror=alert(1)> </script> {{ 7*7 }} &amp;"
        box(page, 0).fill(hostile)
        saved(page)
        page.reload()
        expect(box(page, 0)).to_have_text(hostile)
        assert page.locator("#words img").count() == 0


def test_another_keys_episode_is_not_there(counter: Counter, browser: Browser, tmp_path: Path) -> None:
    counter.folder.mkdir()
    keys = Keys(counter.folder)
    ala, ben = ({"Authorization": f"Bearer {keys.make(name)}"} for name in ("Ala", "Ben"))
    counter.access, counter.apart = Access(keys), True
    with counter.serving(headers=ala) as client:
        url = finished(counter, client, tmp_path)
        for headers, status in ((ala, 200), (ben, 404)):
            context = browser.new_context(extra_http_headers=headers)
            answer = context.new_page().goto(url)
            assert answer
            assert answer.status == status
            context.close()


@pytest.mark.parametrize("language", ["en", "pl"])
def test_every_format_has_a_name_and_can_be_downloaded(
    counter: Counter, open_page: Open, tmp_path: Path, language: str
) -> None:
    with counter.serving() as client:
        page = open_page(finished(counter, client, tmp_path), locale=language)
        page.locator("#download").click()
        page.locator("#downloads summary").click()
        links = page.locator("#downloads a:visible").all()
        assert len(links) == len(client.get("/v1/jobs").json()["data"][0]["formats"])
        for link in links:
            assert not re.fullmatch(r"[a-z.-]+", link.inner_text()), "a name of the command line"
            sent = client.get(str(link.get_attribute("href")))  # a browser fetches only a few a second
            assert "''Latarnie%20morskie." in sent.headers["content-disposition"]
        with page.expect_download() as download:
            page.get_by_role("link", name=re.compile("CSV")).click()
        assert download.value.suggested_filename == "Latarnie morskie.csv"
        assert "undefined" not in page.locator("body").inner_text()


def test_what_is_typed_is_in_the_file_that_is_fetched_at_once(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        page = open_page(finished(counter, client, tmp_path))
        put_caret(page, 0, 0)
        page.keyboard.type("Fetched. ")
        page.locator("#download").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Plain text").click()
        assert "Fetched. Welcome" in download.value.path().read_text("utf-8")


def test_an_episode_is_renamed_and_deleted_on_its_page(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        page = open_page(finished(counter, client, tmp_path))
        expect(page.get_by_text("Rename", exact=True).first).to_be_visible()
        page.get_by_role("button", name="Rename").click()
        page.get_by_label("Title").fill("Rozmowa o św. Mikołaju")
        page.keyboard.press("Enter")
        expect(page.locator("#title")).to_have_text("Rozmowa o św. Mikołaju")
        page.get_by_role("button", name="Rename").click()
        page.get_by_label("Title").fill("Nothing")
        page.get_by_role("button", name="Cancel").click()
        page.reload()
        expect(page.locator("#title")).to_have_text("Rozmowa o św. Mikołaju")
        page.locator("#download").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Plain text").click()
        assert download.value.suggested_filename == "Rozmowa o św. Mikołaju.txt"
        page.keyboard.press("Escape")
        page.route("**/edits", lambda route: route.abort())
        put_caret(page, 0, 0)
        page.keyboard.type("Typed. ")
        page.get_by_role("button", name="Delete").click()
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_contain_text("all corrections and approvals are removed")
        dialog.get_by_role("button", name="Keep it").click()
        page.get_by_role("button", name="Delete").click()
        dialog.get_by_role("button", name="Delete").click()
        page.wait_for_url("**/library")
        assert client.get("/v1/jobs").json()["data"] == []
        assert page.evaluate("Object.keys(localStorage).filter(each => each.includes('draft'))") == []


def test_a_double_click_opens_a_dialog(counter: Counter, open_page: Open, tmp_path: Path) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        decided(client, url)
        page = open_page(url)
        for name in ("approve", "reject-all", "names", "help", "download", "rename", "delete"):
            page.locator(f"#{name}").dblclick()
            expect(page.locator("dialog[open]")).to_have_count(1)
            page.keyboard.press("Escape")
        page.locator("#download").click()
        page.mouse.click(5, 5)  # beside it
        expect(page.locator("dialog[open]")).to_have_count(0)


def test_what_cannot_be_done_is_told(counter: Counter, open_page: Open, tmp_path: Path) -> None:
    with counter.serving() as client:
        page = open_page(finished(counter, client, tmp_path))
    page.locator("#names").click()
    expect(page.locator("#state")).to_have_text("Not done: the server does not answer")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.locator("#state")).to_have_text("Not done: the server does not answer")
    assert lines(page) == [FIRST, SECOND, THIRD]
    put_caret(page, 0, 0)
    page.keyboard.type("Away. ")
    page.locator("#download").click()
    page.get_by_role("link", name="Plain text").click()
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator("#state")).to_contain_text("Kept in this browser")


def test_enter_in_a_dialog_does_what_its_main_button_does(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    wide = "each => each.clientWidth / each.closest('dialog').clientWidth"
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        decided(client, url)
        page = open_page(url)
        page.get_by_role("button", name="Who speaks: Ben").click()
        assert page.evaluate("document.activeElement.value") == "Ben"
        assert page.locator("#who-new").evaluate(wide) > 0.8
        page.get_by_label("Another name").press_sequentially("Zoë")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Who speaks: Zoë")).to_have_count(1)
        page.get_by_role("button", name="Approve").click()
        page.get_by_label("Reason").fill("Heard")
        page.get_by_label("Your name").press_sequentially("Ala")
        page.keyboard.press("Enter")
        expect(page.locator("#approval")).to_contain_text("Approved by Ala")


@pytest.mark.parametrize("look", [{"locale": "en"}, {"locale": "pl", "color_scheme": "dark"}])
def test_nothing_keeps_anybody_out(
    counter: Counter, open_page: Open, tmp_path: Path, look: dict[str, str]
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url, bypass_csp=True, **look)

        def check(where: str) -> None:
            found = Axe().run(page).response["violations"]
            assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == [], where

        check("page")
        page.keyboard.press("t")
        page.keyboard.press("r")
        expect(page.locator("#deciding")).to_be_visible()
        check("a decision")
        decided(client, url)
        page.reload()
        expect(page.locator("#approve")).to_have_attribute("aria-disabled", "false")
        page.keyboard.press("Control+h")
        check("finder")
        page.keyboard.press("Escape")
        for name in ("approve", "reject-all", "names", "help", "download", "rename", "delete"):
            page.locator(f"#{name}").click()
            expect(page.locator("dialog[open]")).to_be_visible()
            check(name)
            page.keyboard.press("Escape")
        page.locator("button.speaker").first.click()
        check("who")


def test_a_recording_is_heard_corrected_and_fetched(desk: Desk, clip: Path, open_page: Open) -> None:
    with serving(desk) as server:
        name = server.submit(clip)["id"]
        server.until(name, "done")
        page = open_page(f"{server.http.base_url}/episodes/{name}".replace("127.0.0.1", "localhost"))
        page.locator("h1").click()
        page.keyboard.press("k")
        expect(page.locator("#now")).to_have_text("00:02", timeout=20_000)
        page.keyboard.press("k")
        before = box(page, 0).inner_text()
        put_caret(page, 0, 0)
        page.keyboard.type("Dickens: ")
        saved(page)
        results = f"/v1/jobs/{name}/results"
        assert f"Dickens: {before}"[:30] in server.http.get(f"{results}/txt").text
        assert "Dickens" not in server.http.get(f"{results}/json").text


def test_every_line_is_deleted_and_undo_brings_them_back(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        for _ in range(3):
            put_caret(page, 0, 0)
            page.keyboard.press("Control+a")
            page.keyboard.press("Delete")
            page.evaluate("document.activeElement.blur()")
            saved(page)
        expect(page.locator("#words")).to_have_text("Nothing was said.")
        assert result(client, url, "txt").strip() == ""
        page.keyboard.press("Control+z")
        eventually_lines(page, [THIRD])
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+z")
        eventually_lines(page, [FIRST, SECOND, THIRD])
        saved(page)
        assert read_sidecar(sidecar(counter, url)).records == ()
