"""The server's pages in a real browser: recordings from drop to deletion; access; looks."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from axe_playwright_python.sync_playwright import Axe
from counter import Counter, eventually
from desk import Desk
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from served import serving
from spoken import episode, segment

from transcribe.core.episode import Episode
from transcribe.core.errors import InputError, TranscribeError
from transcribe.core.events import StageAdvanced, StageStarted
from transcribe.jobs.messages import Request, Stumbled
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.jobs.trouble import trouble_of
from transcribe.server.access.auth import Access
from transcribe.server.access.keys import Keys
from transcribe.server.access.sessions import Sessions
from transcribe.server.api.jobs_api import PROGRESS_S
from transcribe.watch.status import lock_for

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_MS = 60_000
SEVERAL = ["Odcinek 12.mp3", "مقابلة.m4a", "<b>bold</b>.wav"]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])  # root has none
        yield browser
        browser.close()


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    return Counter(tmp_path / "data")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a page; whatever it complains about, and any request elsewhere, fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_it(url: str, **look: Any) -> Page:
        context = browser.new_context(**{"reduced_motion": "reduce", "locale": "en-GB"} | look)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(url)
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield open_it
    for context in contexts:
        context.close()
    expected = (
        "net::ERR_",
        "status of 4",
        "status of 5",
    )  # what tests bring about, told by the browser itself
    assert [each for each in complaints if not any(said in each for said in expected)] == []


def faults(page: Page) -> list[str]:
    """What axe finds wrong with what is shown."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:100]}" for each in found for node in each["nodes"]]


@contextmanager
def filled(counter: Counter) -> Iterator[str]:
    """A server with three episodes, a job that failed, one under way and one that waits; its address.

    And with a watched folder that has the same, and one that is missing.
    """
    out = counter.folder.parent / "out"
    queue = Queue(out / ".watch" / "ledger.sqlite")
    outputs = tuple(Published(f"/out/{'long' * 20}.{each}", "0" * 64) for each in ("txt", "srt", "page.html"))
    for name, state in zip(SEVERAL, (State.DONE, State.READY, State.WORKING), strict=True):
        queue.write(QueuedJob(name, state, outputs=outputs))
    queue.write(QueuedJob("long" * 30, State.FAILED, reason="it is no sound", hint="Check it"))
    queue.write(QueuedJob("twin.wav", State.DUPLICATE, twin="long" * 30))
    queue.close()
    counter.watched = (out, counter.folder.parent / "missing")
    with lock_for(out / ".watch"), counter.serving() as client:
        client.get("/health")

        def submit(title: str, content: bytes) -> str:
            name: str = client.post("/v1/jobs", files={"file": (title, content)}).json()["id"]
            return name

        for number, title in enumerate(SEVERAL):
            name = submit(title, f"{number} a".encode())
            eventually(lambda name=name: client.get(f"/v1/jobs/{name}").json()["state"] == "done")  # type: ignore[misc]
        counter.worker.answers = [
            Stumbled("", trouble_of(TranscribeError("it ended by itself", "Try again")))
        ]
        name = submit("failed.wav", b"2 f")
        eventually(lambda: client.get(f"/v1/jobs/{name}").json()["state"] == "failed")
        counter.worker.holding = True
        working = submit("A long title that goes on and on, and then a little further than that.wav", b"99 w")
        eventually(lambda: working in counter.worker.has)
        counter.worker.hear(working)
        submit("waits.wav", b"99 q")
        yield f"http://localhost:{counter.port}"


@pytest.mark.real
def test_from_a_dropped_file_to_a_deleted_episode(
    desk: Desk, clip: Path, open_page: Open, tmp_path: Path
) -> None:
    with serving(desk) as server:
        url = server.url.removesuffix("/v1")
        page = open_page(url)
        expect(page.get_by_text("Nothing is being transcribed yet.")).to_be_visible()
        languages = page.get_by_label("Language spoken").locator("option")
        expect(languages).to_have_text(["Detect automatically", "English"])
        page.get_by_label("Names and terms to expect").fill("Dickens\n\n  Pickwick ")
        page.get_by_label("Choose files").set_input_files([clip, Path(__file__)])
        expect(page.locator("#cut .row")).to_contain_text(["is not a sound or video file"])
        row = page.locator("#ended .row", has_text="clip.wav")
        expect(row).to_contain_text("Done · 00:06")
        (job,) = server.http.get("/v1/jobs").json()["data"]
        assert job["options"]["terms"] == ["Dickens", "Pickwick"]
        assert job["options"]["notes"] == "false"
        page.get_by_role("link", name="All episodes in the library").click()
        expect(page.locator(".episodes .row")).to_contain_text(["clip.wav"])
        expect(page.locator(".episodes .row")).to_contain_text(["English"])
        page.get_by_role("link", name="clip.wav").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("clip")
        page.go_back()
        page.get_by_role("searchbox").fill("zebra")
        expect(page.get_by_text("No episode matches.")).to_be_visible()
        page.get_by_role("searchbox").fill("CLIP")
        page.get_by_role("button", name="Download: clip.wav").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Subtitles (SRT)").click()
        assert download.value.suggested_filename == "clip.srt"
        download.value.save_as(tmp_path / "clip.srt")
        assert "best of times" in (tmp_path / "clip.srt").read_text()
        page.get_by_role("button", name="Close").click()
        page.get_by_role("button", name="Delete: clip.wav").click()
        dialog = page.get_by_role("alertdialog", name="Delete “clip.wav”?")
        dialog.get_by_role("button", name="Keep it").click()
        expect(page.locator(".episodes .row")).to_have_count(1)
        page.get_by_role("button", name="Delete: clip.wav").click()
        dialog.get_by_role("button", name="Delete").click()
        expect(page.locator(".episodes .row")).to_have_count(0)
        assert server.http.get("/v1/jobs").json()["data"] == []


@pytest.mark.real
def test_a_page_outlives_the_server(desk: Desk, clip: Path, open_page: Open) -> None:
    with serving(desk, "--port", "0") as server:
        port = server.url.rpartition(":")[2].partition("/")[0]
        page = open_page(server.url.removesuffix("/v1"))
        expect(page.get_by_text("Nothing is being transcribed yet.")).to_be_visible()
        server.kill()
        page.get_by_label("Choose files").set_input_files(clip)
        expect(page.locator("#cut .row")).to_contain_text("The connection was lost while sending.")
        expect(page.get_by_text("The connection is lost.")).to_be_visible()
        server.arguments = ("--port", port)
        server.start()
        expect(page.get_by_text("The connection is lost.")).to_be_hidden()
        page.get_by_role("button", name="Try again: clip.wav").click()
        expect(page.locator("#ended .row", has_text="clip.wav")).to_contain_text("Done")


@pytest.mark.real
def test_what_was_said_is_found_while_it_is_typed_heard_and_opened(
    desk: Desk, clip: Path, open_page: Open, tmp_path: Path
) -> None:
    with serving(desk, "--archive", "shelf") as server:
        name = server.submit(clip)["id"]
        server.until(name, "done")
        eventually(lambda: server.http.get("/v1/search?q=worst").json()["places"])
        page = open_page(server.url.removesuffix("/v1") + "/library")
        field = page.get_by_role("searchbox", name="Search titles and what was said")
        field.press_sequentially('"best of ti', delay=20)
        expect(page.locator("#said-count")).to_have_text("Nobody says this in any recording.")
        field.press_sequentially("mes", delay=20)
        hit = page.locator("#hits .hit")
        expect(hit.locator("mark")).to_have_text("best of times,")
        expect(hit).to_contain_text("clip.wav")
        expect(page.get_by_text("No episode matches.")).to_be_hidden()
        place = server.http.get("/v1/search", params={"q": '"best of times"'}).json()["places"][0]
        now = "document.getElementById('hearing').currentTime"
        field.press("ArrowDown")
        page.keyboard.press("Space")
        play = page.get_by_role("button", name="Play: clip.wav, 00:01")
        expect(play).to_have_attribute("aria-pressed", "true")
        eventually(lambda: page.evaluate(now) > place["start_ms"] / 1000)
        page.keyboard.press("Space")
        expect(play).to_have_attribute("aria-pressed", "false")
        with page.expect_download() as download:
            page.get_by_role("link", name="Save as a table (CSV)").click()
        download.value.save_as(tmp_path / "search.csv")
        assert '"best of times,"' in (tmp_path / "search.csv").read_text("utf-8-sig")
        page.reload()
        expect(hit.locator("mark")).to_have_text("best of times,")
        page.get_by_role("searchbox").press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("clip")
        assert page.url.endswith(f"#t={place['start_ms'] / 1000:.3f}")
        at = "document.getElementById('audio').currentTime"
        eventually(lambda: abs(page.evaluate(at) - place["start_ms"] / 1000) < 0.3)
        server.http.delete(f"/v1/jobs/{name}")
        page.goto(server.url.removesuffix("/v1") + "/library?q=times")
        expect(page.get_by_text("Nobody says this in any recording.")).to_be_visible()
        eventually(lambda: not any(b"worst" in each.read_bytes() for each in desk.folder.glob("shelf/*")))


def test_filters_and_the_question_say_the_same_and_markup_is_text(counter: Counter, open_page: Open) -> None:
    said = iter(
        [("A <img/src=x/onerror=alert(1)> profit.", 'Ala "B" Nowak', "en"), ("Zysk, profit.", "Ola", "pl")]
    )
    made: dict[str, Episode] = {}

    def publishes(request: Request) -> Episode:
        if request.name not in made:
            text, speaker, language = next(said)
            made[request.name] = episode(segment(text, speaker=speaker), language=language)
        return made[request.name]

    counter.archive = counter.folder.parent / "archive" / "archive.sqlite"
    with counter.serving() as client:
        counter.worker.publishes = publishes
        for title in ("<b>a.wav", "b.wav"):
            client.post("/v1/jobs", files={"file": (title, f"2 {title}".encode())})
        eventually(lambda: len(client.get("/v1/search?q=profit").json().get("places", ())) == 2)
        page = open_page(f"http://localhost:{counter.port}/library", locale="pl-PL")
        field = page.get_by_role("searchbox")
        hits = page.locator("#hits .hit")
        field.fill("profit")
        expect(hits).to_have_count(2)
        expect(hits.filter(has_text="<img/src=x/onerror=alert(1)>")).to_have_count(1)
        page.get_by_text("Filtry").click()
        expect(page.get_by_label("Język").locator("option")).to_have_text(
            ["Wszystkie", "angielski", "polski"]
        )
        page.get_by_label("Mówca").select_option("Ola")
        expect(field).to_have_value("profit speaker:Ola")
        expect(hits.locator("mark")).to_have_text(["profit."])
        page.get_by_label("Mówca").select_option('Ala "B" Nowak')
        expect(field).to_have_value('profit speaker:"Ala  B  Nowak"')
        expect(hits).to_contain_text(["onerror"])
        page.get_by_label("Mówca").select_option("")
        page.get_by_label("Od", exact=True).fill("2031-01-01")
        expect(field).to_have_value("profit after:2031-01-01")
        expect(page.locator("#said-count")).to_have_text("Nikt tego nie mówi w żadnym nagraniu.")
        field.fill("profit lang:pl")
        expect(page.get_by_label("Język")).to_have_value("pl")
        expect(page.get_by_label("Od", exact=True)).to_have_value("")
        expect(hits).to_contain_text(["Zysk"])
        field.fill("speaker:Ola")
        expect(page.locator("#said-count")).to_contain_text("Wpisz słowo")
        field.fill("")
        expect(page.locator("#said")).to_be_hidden()
        page.route("**/v1/search*", lambda route: route.abort())
        field.fill("zysk")
        expect(page.locator("#live")).to_have_text(
            "Utracono połączenie. Wróci samo, gdy tylko serwer odpowie."
        )
        page.unroute("**/v1/search*")
        field.fill("zysk ")
        expect(hits).to_have_count(1)


def test_an_answer_that_is_overtaken_is_not_shown(counter: Counter, open_page: Open) -> None:
    counter.archive = counter.folder.parent / "archive" / "archive.sqlite"
    with filled(counter) as url, httpx2.Client(base_url=url) as client:
        eventually(lambda: client.get("/v1/search?q=lamp").json()["places"] != [])
        page = open_page(f"{url}/library")
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/v1/search?q=slow*", hold)
        page.get_by_role("searchbox").fill("slow")
        for _ in range(1000):
            page.wait_for_timeout(10)
            if held:
                break
        page.get_by_role("searchbox").fill("lighthouse")
        expect(page.locator("#hits .hit").first).to_be_visible()
        assert held[0].request.failure == "net::ERR_ABORTED"


def test_jobs_are_followed_cancelled_tried_again_and_removed(counter: Counter, open_page: Open) -> None:
    with filled(counter) as url:
        page = open_page(url)
        working = page.locator("#queue .row").first
        expect(working).to_contain_text("Recognising speech · 50\u00a0%")
        expect(working.get_by_role("progressbar")).to_have_attribute("value", "50")
        expect(page.locator("#queue .row").nth(1)).to_contain_text("Waiting for its turn")
        failed = page.locator(".row", has_text="failed.wav")
        expect(failed).to_contain_text("Recognition failed.")
        expect(failed.locator(".detail")).to_have_text("it ended by itself")
        page.get_by_role("button", name="Cancel: waits.wav").click()
        expect(page.locator("#ended .row", has_text="waits.wav")).to_contain_text("Cancelled")
        page.get_by_role("button", name="Remove: waits.wav").click()
        expect(page.locator(".row", has_text="waits.wav")).to_have_count(0)
        page.get_by_role("button", name="Try again: failed.wav").click()
        expect(page.locator("#queue .row", has_text="failed.wav")).to_contain_text("Waiting for its turn")
        counter.worker.finish(next(iter(counter.worker.has)))
        expect(page.locator("#ended .row", has_text="A long title")).to_contain_text("Done")
        expect(page.locator("#live")).to_contain_text("Done")
        expect(page.locator(".row", has_text="<b>bold</b>.wav".rpartition("/")[2])).to_have_count(1)


def test_what_a_reload_cut_off_is_told_and_can_be_chosen_again(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    path = tmp_path / "slow.wav"
    path.write_bytes(b"2 " + bytes(3_000_000))
    with counter.serving() as _:
        page = open_page(f"http://localhost:{counter.port}")
        client = page.context.new_cdp_session(page)
        client.send("Network.enable")
        slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
        client.send("Network.emulateNetworkConditions", slow)
        page.get_by_label("Choose files").set_input_files(path)
        expect(page.locator("#queue .row")).to_contain_text("Sending")
        page.on("dialog", lambda dialog: dialog.accept())  # "leave this page?"
        page.reload()
        client.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
        expect(page.locator("#cut .row")).to_contain_text("Was not sent completely.")
        page.get_by_label("Choose files").set_input_files(path)
        expect(page.locator("#ended .row")).to_contain_text("Done")
        expect(page.locator("#cut .row")).to_have_count(0)


def test_files_are_dropped_and_an_upload_is_cancelled(counter: Counter, open_page: Open) -> None:
    with counter.serving() as _:
        page = open_page(f"http://localhost:{counter.port}")
        page.evaluate("""() => {
          const data = new DataTransfer();
          for (const name of ["one.wav", "two.wav"]) data.items.add(new File(["2 " + name], name));
          document.body.dispatchEvent(new DragEvent("dragenter", { dataTransfer: data, bubbles: true }));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }""")
        expect(page.locator("#ended .row")).to_have_count(2)
        page.route("**/v1/jobs", lambda _: None)  # never answered
        page.get_by_label("Choose files").set_input_files({"name": "x.wav", "mimeType": "", "buffer": b"2 x"})
        page.get_by_role("button", name="Cancel: x.wav").click()
        expect(page.locator("#queue .row")).to_have_count(0)


def test_many_files_that_are_none_are_told_in_words_and_removed_at_once(
    counter: Counter, open_page: Open
) -> None:
    def refuse(route: Route) -> None:
        said = {"code": "invalid_audio", "message": "Dr. No 0.wav is no sound. Try --raw; or something else"}
        route.fulfill(status=400, json={"error": said})

    with counter.serving() as _:
        page = open_page(f"http://localhost:{counter.port}")
        page.route("**/v1/jobs", refuse)
        page.evaluate("""() => {
          const data = new DataTransfer();
          for (let n = 0; n < 300; n++) data.items.add(new File([n ? "x" : ""], `Dr. No ${n}.wav`));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }""")
        expect(page.locator("#cut .row").first).to_contain_text("This file is empty.")
        expect(page.get_by_role("heading", name="Not added")).to_have_text("Not added and 260 more")
        expect(page.get_by_role("heading", name="In progress")).to_be_hidden()
        row = page.locator("#cut .row").nth(1)
        expect(row).to_contain_text(
            "This is not a recording that can be read. Check whether it plays elsewhere."
        )
        expect(row).not_to_contain_text("--raw")
        expect(page.locator("#cut .row")).to_have_count(40)
        expect(page.get_by_role("button", name="Try again")).to_have_count(0)  # it would fail again
        page.get_by_role("button", name="Remove all").click()
        expect(page.locator("#cut .row")).to_have_count(0)


def test_what_cannot_succeed_is_not_offered_and_other_options_are_sent(
    counter: Counter, open_page: Open
) -> None:
    sent: list[str] = []

    def refuse(route: Route) -> None:
        sent.append(route.request.post_data or "")
        route.fulfill(status=400, json={"error": {"code": "invalid_value", "message": "x.wav: no"}})

    with counter.serving() as client:
        counter.worker.answers = [Stumbled("", trouble_of(InputError("it is no sound", "Check it")))]
        client.post("/v1/jobs", files={"file": ("broken.wav", b"2 f")})
        page = open_page(f"http://localhost:{counter.port}")
        broken = page.locator("#ended .row")
        expect(broken).to_contain_text("This is not a recording that can be read.")
        expect(broken.locator(".detail")).to_have_text("it is no sound")
        expect(broken.get_by_role("button")).to_have_text([""])
        page.get_by_role("button", name="Remove: broken.wav").click()
        page.route("**/v1/jobs", refuse)
        page.get_by_label("Choose files").set_input_files({"name": "x.wav", "mimeType": "", "buffer": b"2 x"})
        expect(page.locator("#cut .row")).to_contain_text("These options do not go together.")
        page.get_by_label("Names and terms to expect").fill("Dickens")
        page.get_by_role("button", name="Try again: x.wav").click()
        eventually(lambda: len(sent) == 2)
        assert ["Dickens" in each for each in sent] == [False, True]


def test_an_answer_that_comes_after_the_news_changes_nothing(counter: Counter, open_page: Open) -> None:
    with counter.serving() as client:
        page = open_page(f"http://localhost:{counter.port}")

        def late(route: Route) -> None:
            answer = route.fetch()
            name = answer.json()["id"]
            eventually(lambda: client.get(f"/v1/jobs/{name}").json()["state"] == "done")
            page.wait_for_timeout(500)  # until the stream has told it
            route.fulfill(response=answer)

        page.route("**/v1/jobs", late)
        page.get_by_label("Choose files").set_input_files({"name": "x.wav", "mimeType": "", "buffer": b"2 x"})
        expect(page.locator("#ended .row")).to_contain_text("Done")
        expect(page.locator("#queue .row")).to_have_count(0)


def test_what_was_chosen_stays_chosen(counter: Counter, open_page: Open) -> None:
    with counter.serving() as client:
        page = open_page(f"http://localhost:{counter.port}")
        page.get_by_label("Language spoken").select_option("pl")
        page.get_by_label("Speakers").select_option("3")
        page.get_by_label("Translate into English").check()
        page.reload()
        expect(page.get_by_label("Language spoken")).to_have_value("pl")
        assert page.get_by_label("Language spoken").locator("option[value=pl]").inner_text() == "Polish"
        page.get_by_label("Choose files").set_input_files({"name": "x.wav", "mimeType": "", "buffer": b"2 x"})
        expect(page.locator("#ended .row")).to_have_count(1)
        (job,) = client.get("/v1/jobs").json()["data"]
    assert job["options"] == {"language": "pl", "speakers": "3", "notes": "false", "translate": "true"}


@pytest.mark.parametrize(
    ("locale", "often", "others"),
    [
        ("en-GB", ["English"], {"Afrikaans", "Bashkir", "Tibetan", "Yoruba", "Polish"}),
        ("pl-PL", ["Polski", "Angielski"], {"Afrikaans", "Baszkirski", "Łotewski", "Tybetański"}),
    ],
)
def test_languages_have_names_and_the_likely_ones_are_on_top(
    counter: Counter, open_page: Open, locale: str, often: list[str], others: set[str]
) -> None:
    in_order = "(all) => all.toSorted(new Intl.Collator(document.documentElement.lang).compare)"
    with counter.serving() as _:
        page = open_page(f"http://localhost:{counter.port}", locale=locale)
        top, rest = page.locator("#language optgroup").all()
        assert top.locator("option").all_inner_texts() == often
        names = rest.locator("option").all_inner_texts()
        assert names == page.evaluate(in_order, names)
        assert others <= set(names)
        page.locator("#language").select_option("uk")
        page.locator("#files").set_input_files({"name": "x.wav", "mimeType": "", "buffer": b"2 x"})
        expect(page.locator("#ended .row")).to_have_count(1)
        page.reload()
        values = top.locator("option").evaluate_all("all => all.map(each => each.value)")
        assert values[len(often) :] == ["uk"]


def test_a_bar_has_no_number_until_there_is_one(counter: Counter, open_page: Open) -> None:
    with counter.serving() as _:
        counter.worker.holding = True
        page = open_page(f"http://localhost:{counter.port}")
        page.clock.install()
        page.get_by_label("Choose files").set_input_files(
            {"name": "x.wav", "mimeType": "", "buffer": b"99 x"}
        )
        row = page.locator("#queue .row")
        expect(row).to_contain_text("Getting ready")
        (name,) = counter.worker.has
        counter.worker.tell(name, StageStarted("recognise", 4000))
        expect(row).to_contain_text("Recognising speech")
        expect(row).not_to_contain_text("%")
        assert row.get_by_role("progressbar").get_attribute("value") is None
        page.clock.fast_forward(600_000)
        page.wait_for_timeout(1000 * PROGRESS_S)  # progress is not told more often
        counter.worker.tell(name, StageAdvanced("recognise", 1000))
        expect(row).to_contain_text("25\u00a0% · about 30 min left")


def test_people_sign_in_with_their_key_and_a_link_elsewhere_finds_them_signed_in(
    counter: Counter, open_page: Open
) -> None:
    counter.folder.mkdir()
    keys = Keys(counter.folder)
    key = keys.make("Ala")
    counter.access, counter.apart = Access(keys, sessions=Sessions(counter.folder, keys)), True
    with counter.serving() as client, stranger(counter) as elsewhere:
        page = open_page(f"http://localhost:{counter.port}/library")
        assert faults(page) == []
        page.get_by_label("Key").fill("tr-wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("This key is not known.")
        assert faults(page) == []
        page.get_by_label("Key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Library")).to_be_visible()
        page.goto(elsewhere)
        page.get_by_role("link").click()
        expect(page.get_by_role("heading", name="Turn recordings into text")).to_be_visible()
        page.goto(elsewhere)
        page.get_by_role("button").click()
        expect(page.locator("body")).to_contain_text("pages of other sites may not use this server")
        assert client.get("/v1/jobs", headers={"Authorization": f"Bearer {key}"}).json()["data"] == []
        page.goto(f"http://localhost:{counter.port}/")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Key")).to_be_visible()
        page.goto(f"http://localhost:{counter.port}/")
        expect(page.get_by_label("Key")).to_be_visible()


@contextmanager
def stranger(counter: Counter) -> Iterator[str]:
    """A page of another site, with a link to our home page and a form that sends us something."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            home = f"http://localhost:{counter.port}"
            form = f'<form method="post" action="{home}/sign-out"><button>send</button></form>'
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<link rel="icon" href="data:,"><a href="{home}/">go</a>{form}'.encode())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "polish": {"locale": "pl-PL"},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "locale": "pl-PL"},
    "phone-dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    counter: Counter, open_page: Open, look: str
) -> None:
    counter.archive = counter.folder.parent / "archive" / "archive.sqlite"
    wide = "document.documentElement.scrollWidth > innerWidth"
    options = LOOKS[look] | {"bypass_csp": True}  # axe is put into the page
    with filled(counter) as url:
        page = open_page(url, **options)
        expect(page.locator("#queue .row")).to_have_count(2)
        assert (faults(page), page.evaluate(wide)) == ([], False)
        page.goto(f"{url}/library")
        expect(page.locator(".episodes .row")).to_have_count(len(SEVERAL))
        assert (faults(page), page.evaluate(wide)) == ([], False)
        for button, dialog in ((".download", "#downloads"), (".delete", "#deletion")):
            page.locator(button).first.click()
            expect(page.locator(dialog)).to_be_visible()
            assert (faults(page), page.evaluate(wide)) == ([], False)
            page.keyboard.press("Escape")
        page.goto(f"{url}/library?q=lighthouse")
        expect(page.locator("#hits .hit")).to_have_count(len(SEVERAL))
        page.locator(".narrow summary").click()
        assert (faults(page), page.evaluate(wide)) == ([], False)
        for path in ("/watched", "/library?q=zebra", "/nothing-here", "/library?page=7"):
            page.goto(url + path)
            assert (faults(page), page.evaluate(wide)) == ([], False)


def test_watched_folders_are_followed(counter: Counter, open_page: Open) -> None:
    with filled(counter) as url:
        page = open_page(url)
        page.get_by_role("link", name="Folders").click()
        expect(page.locator(".folder")).to_have_count(2)
        folder = page.locator(".folder").first
        expect(folder).to_contain_text("At work")
        expect(folder.locator("time").first).not_to_contain_text("-")  # as it is where the reader is
        missing = page.locator(".folder").nth(1).element_handle()
        queue = Queue(counter.folder.parent / "out" / ".watch" / "ledger.sqlite")
        queue.write(QueuedJob("new.wav", State.FAILED, reason="it is no sound"))
        expect(folder.locator(".row", has_text="new.wav")).to_contain_text("Failed")
        queue.close()
        expect(folder.locator("time").first).not_to_contain_text("-")
        assert missing is not None
        assert missing.evaluate("each => each.isConnected")  # what has not changed stays as it is
        page.context.set_offline(offline=True)
        expect(page.get_by_text("The connection is lost.")).to_be_visible()
        page.context.set_offline(offline=False)
        expect(page.get_by_text("The connection is lost.")).to_be_hidden()


def test_everything_is_reached_by_keys(counter: Counter, open_page: Open) -> None:
    with filled(counter) as url:
        page = open_page(url)
        expect(page.locator("#queue .row")).to_have_count(2)
        reached: list[str] = []
        for _ in range(60):
            page.keyboard.press("Tab")
            told = (
                "(e => e.getAttribute('aria-label') || e.id || e.textContent.trim())(document.activeElement)"
            )
            reached.append(page.evaluate(told))
        for wanted in (
            "files",
            "folder",
            "language",
            "terms",
            "translate",
            "Cancel: waits.wav",
            "Try again: failed.wav",
        ):
            assert wanted in reached
        assert page.evaluate("document.activeElement.closest('body') !== null")


def test_dates_are_written_as_where_the_reader_is(counter: Counter, open_page: Open) -> None:
    with counter.serving() as client:
        name = client.post("/v1/jobs", files={"file": ("a.wav", b"0 a")}).json()["id"]
        eventually(lambda: client.get(f"/v1/jobs/{name}").json()["state"] == "done")
        for locale, form in (
            ("en-GB", r"\d+ \w+ \d{4}"),
            ("en-US", r"\w+ \d+, \d{4}"),
            ("ja-JP", r"\w+ \d+, \d{4}"),  # in a page that is in English
        ):
            page = open_page(f"http://localhost:{counter.port}/library", locale=locale)
            expect(page.locator("#results time")).to_have_text(re.compile(f"^{form}$"))


def test_the_theme_is_kept(counter: Counter, open_page: Open) -> None:
    with counter.serving() as _:
        page = open_page(f"http://localhost:{counter.port}")
        page.get_by_role("button", name="Dark theme").click()
        page.goto(f"http://localhost:{counter.port}/library")
        expect(page.get_by_role("button", name="Dark theme")).to_have_attribute("aria-pressed", "true")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 21, 23)"
