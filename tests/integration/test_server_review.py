"""The review of a transcript by keyboard in a real browser: alone, at the same time, and left half done."""

from __future__ import annotations

import json
import re
from pathlib import Path

from correcting import decide, review
from counter import Counter, eventually
from desk import Desk
from editing_page import NOW, Open, box, decided, finished, saved, sidecar
from lamps import RULES
from playwright.sync_api import Page, Route, expect
from served import serving

from transcribe.jobs.approvals import approvals_of
from transcribe.jobs.corrections import read_sidecar
from transcribe.jobs.decisions import decisions_of

PATIENCE_MS = 60_000
"""The first check by a policy loads dictionaries."""

HEARD = re.compile(
    r"Of the places to check you have heard 1 of 3: 0\.\d of 6\.3 s\. You have heard 00:08 \(\d+ %\)\."
)
FACES = "#items .item-face"
SEEK = "ms => { document.getElementById('audio').currentTime = ms / 1000; }"
PLAY = "() => document.getElementById('audio').play()"
PAUSE = "() => document.getElementById('audio').pause()"


def document(counter: Counter, url: str) -> Path:
    return sidecar(counter, url).with_name("transcript.json")


def episode(url: str) -> str:
    return f"/episodes/{url.rpartition('/')[2]}"


def begin(page: Page, name: str = "Ala") -> None:
    """Say who reviews, and go to the list."""
    page.evaluate("name => localStorage.setItem('transcribe-kept:name', JSON.stringify(name))", name)
    expect(page.locator(FACES).first).to_be_visible(timeout=PATIENCE_MS)
    page.keyboard.press("t")
    expect(page.locator(".item-face:focus")).to_have_count(1)


def states(page: Page) -> list[str | None]:
    return [each.get_attribute("data-state") for each in page.locator("#items .item").all()]


def test_a_transcript_is_reviewed_corrected_and_approved_by_keyboard_alone(
    lamps: Counter, open_page: Open, tmp_path: Path
) -> None:
    with lamps.serving() as client:
        url = finished(lamps, client, tmp_path)
        page = open_page(url)
        expect(page.locator("#review-count")).to_have_text("3 of 3 open", timeout=PATIENCE_MS)
        expect(page.locator("#approve")).to_have_attribute("aria-disabled", "true")
        expect(page.locator("#approve-why")).to_have_text("To decide first: 3")
        page.keyboard.press("t")
        expect(page.locator(FACES).first).to_be_focused()
        expect(page.locator(".item-quote mark")).to_have_text("goes out.")
        page.keyboard.press("j")
        expect(page.locator(FACES).nth(1)).to_be_focused()
        page.keyboard.press("k")
        page.keyboard.press("Space")
        assert page.evaluate("!document.getElementById('audio').paused")
        expect(page.locator("#audio")).to_have_js_property("paused", True, timeout=15_000)  # at the end
        page.keyboard.press("c")
        assert page.evaluate("document.activeElement.textContent").startswith("A lamp that nobody tends goes")
        page.keyboard.press("Control+a")
        page.keyboard.type("A lamp that nobody tends shines.")
        page.keyboard.press("Escape")
        expect(page.locator(".item-choice")).to_have_text("Corrected: it is right as it is now.")
        page.keyboard.type("Ala")
        page.keyboard.press("Tab")
        page.keyboard.type("He says shines")
        page.keyboard.press("Enter")
        expect(page.locator("#review-count")).to_have_text("2 of 2 open")
        (record,) = eventually(lambda: decisions_of(document(lamps, url)).records)
        assert (record.choice, record.who, record.reason) == ("correct", "Ala", "He says shines")
        assert record.heard[0][0] < record.spans[0][0] < record.spans[0][1] < record.heard[-1][1]
        page.keyboard.press("r")
        page.keyboard.press("Enter")
        expect(page.locator("#item-reason")).to_be_focused()  # a rejection says why
        page.keyboard.press("Escape")
        for open_ in (1, 0):
            page.keyboard.press("a")
            page.keyboard.press("Enter")
            text = f"{open_} of 2 open" if open_ else "All 2 decided"
            expect(page.locator("#review-count")).to_have_text(text, timeout=PATIENCE_MS)
        expect(page.locator("#approve")).to_have_attribute("aria-disabled", "false", timeout=PATIENCE_MS)


def test_a_polish_page_says_all_of_an_item_in_polish(lamps: Counter, open_page: Open, tmp_path: Path) -> None:
    with lamps.serving() as client:
        page = open_page(finished(lamps, client, tmp_path))
        page.context.set_extra_http_headers({"Accept-Language": "pl"})
        page.reload()
        begin(page)
        for face in page.locator(FACES).all():
            face.click()
            page.keyboard.press("Escape")
        page.locator(FACES).first.click()
        expect(page.locator(".item-fact").first).to_have_text("Powód: padło raz")


def test_an_approval_tells_what_it_rests_on_until_the_text_changes(
    lamps: Counter, open_page: Open, tmp_path: Path
) -> None:
    with lamps.serving() as client:
        url = finished(lamps, client, tmp_path)
        decided(client, url)
        start = review(client, episode(url))["items"][0]["spans"][0][0]
        client.post(f"{episode(url)}/heard", json={"who": "Ala", "heard": [[start, start + 8000]]})
        page = open_page(url)
        box(page, 0).press_sequentially("!")
        saved(page)
        page.keyboard.press("Escape")
        begin(page)
        expect(page.locator("#approve-why")).to_be_hidden()
        page.locator("#approve").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#approving-heard")).to_have_text(HEARD)
        page.keyboard.press("Tab")
        page.keyboard.type("Read and heard")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#approval-who")).to_contain_text("Approved by Ala")
        expect(page.locator("#approval-facts")).to_contain_text("Heard 00:08")
        expect(page.locator("#approval-facts")).to_contain_text("corrections: 1")
        expect(page.locator("#approval-reason")).to_have_text("Read and heard")
        (approval,) = approvals_of(document(lamps, url)).records
        assert (approval.who, approval.policy, approval.changes) == ("Ala", "Lamps", 1)
        assert approval.heard == ((start, start + 8000),)
        box(page, 0).fill("Something else")
        saved(page)
        expect(page.locator("#approval-who")).to_contain_text("changed since")


def test_only_what_was_played_aloud_counts_as_heard(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        expect(page.locator("#review-heard")).to_have_text("You have heard 00:00 (0 %)")
        begin(page)

        def played(from_ms: int, ms: int, how: str = "") -> None:
            page.evaluate(f"() => {{ const audio = document.getElementById('audio'); {how} }}")
            page.evaluate(SEEK, from_ms)
            eventually(lambda: not page.evaluate("document.getElementById('audio').seeking"))
            page.evaluate(PLAY)
            eventually(lambda: page.evaluate(NOW) > (from_ms + ms) / 1000)
            page.evaluate(PAUSE)

        played(2000, 1000, "audio.muted = true;")
        played(6000, 1000, "audio.muted = false; audio.volume = 0;")
        played(10_000, 3000, "audio.volume = 1; audio.playbackRate = 4;")
        played(20_000, 1000, "audio.playbackRate = 2;")
        page.evaluate(SEEK, 40_000)
        played(30_000, 1000, "audio.playbackRate = 1;")
        page.evaluate(PLAY)
        page.wait_for_timeout(300)
        page.evaluate(SEEK, 35_000)
        page.wait_for_timeout(300)
        page.evaluate(PAUSE)
        page.wait_for_timeout(200)
        page.reload()  # it is sent when the page is left
        expect(page.locator("#review-heard")).not_to_have_text("You have heard 00:00 (0 %)")
        heard = review(client, episode(url))["heard"]
        starts = [start for start, _ in heard]
        assert [round(start, -3) for start in starts] == [20_000, 30_000, 35_000]
        assert all(start >= whole for start, whole in zip(starts, (20_000, 30_000, 35_000), strict=True))
        lengths = [end - start for start, end in heard]
        assert lengths[0] >= 900
        assert lengths[1] >= 1100
        assert sum(lengths) < 6000


def test_of_two_browsers_the_later_one_is_told_and_nothing_is_lost(
    lamps: Counter, open_page: Open, tmp_path: Path
) -> None:
    with lamps.serving() as client:
        url = finished(lamps, client, tmp_path)
        one, two = open_page(url), open_page(url)
        begin(one, "Ben")
        begin(two, "Ala")
        one.keyboard.press("r")
        one.keyboard.type("Cut it")
        one.keyboard.press("Enter")
        expect(one.locator("#items .item").first).to_have_attribute("data-state", "rejected")
        two.keyboard.press("a")
        two.keyboard.type("Harmless")
        two.keyboard.press("Enter")
        expect(two.locator("#review-told")).to_contain_text("Rejected by Ben")
        expect(two.locator("#review-told")).to_contain_text("Cut it")
        expect(two.locator("#items .item").first).to_have_attribute("data-state", "open")
        expect(two.locator(".item-body")).to_contain_text("Two reviewers decided differently")
        two.keyboard.press("r")
        two.keyboard.type("Ben is right")
        two.keyboard.press("Enter")
        expect(two.locator("#items .item").first).to_have_attribute("data-state", "rejected")
        expect(two.locator("#approve-why")).to_contain_text("Rejected: 1")
        records = decisions_of(document(lamps, url)).records
        assert [(each.who, each.choice, each.reason) for each in records] == [
            ("Ben", "reject", "Cut it"),
            ("Ala", "accept", "Harmless"),
            ("Ala", "reject", "Ben is right"),
        ]


def test_a_decision_is_kept_while_the_server_is_away_and_over_a_reload(
    lamps: Counter, open_page: Open, tmp_path: Path
) -> None:
    with lamps.serving() as client:
        url = finished(lamps, client, tmp_path)
        page = open_page(url)
        page.on("dialog", lambda dialog: dialog.accept())
        begin(page)
        page.route("**/decisions", lambda route: route.abort())
        page.keyboard.press("r")
        page.keyboard.type("Cut it")
        page.keyboard.press("Enter")
        expect(page.locator("#review-told")).to_contain_text("kept in this browser")
        expect(page.locator("#items .item").first).to_have_attribute("data-state", "waits")
        assert decisions_of(document(lamps, url)).records == ()
        page.reload()
        expect(page.locator("#items .item").first).to_have_attribute("data-state", "waits")
        page.unroute("**/decisions")
        expect(page.locator("#items .item").first).to_have_attribute("data-state", "rejected")
        (record,) = decisions_of(document(lamps, url)).records
        assert (record.who, record.reason) == ("Ala", "Cut it")


def test_a_decision_whose_answer_was_lost_is_there_once(
    lamps: Counter, open_page: Open, tmp_path: Path
) -> None:
    with lamps.serving() as client:
        url = finished(lamps, client, tmp_path)
        page = open_page(url)
        begin(page)

        def lose(route: Route) -> None:
            route.fetch()
            route.abort()

        page.route("**/decisions", lose, times=1)
        page.keyboard.press("r")
        page.keyboard.type("Cut it")
        page.keyboard.press("Enter")
        expect(page.locator("#items .item").first).to_have_attribute("data-state", "rejected")
        assert len(decisions_of(document(lamps, url)).records) == 1


def test_what_others_decide_is_there_when_somebody_comes_back(
    lamps: Counter, open_page: Open, tmp_path: Path
) -> None:
    with lamps.serving() as client:
        url = finished(lamps, client, tmp_path)
        page = open_page(url)
        begin(page)
        page.keyboard.press("a")
        page.keyboard.type("half a reas")
        known = review(client, episode(url))
        decide(client, episode(url), known, known["items"][1], "accept", who="Ben")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(page.locator("#items .item").nth(1)).to_have_attribute("data-state", "accepted")
        page.keyboard.type("on")
        expect(page.locator("#item-reason")).to_have_value("half a reason")


def test_a_review_that_is_half_done_goes_on_after_a_kill(
    desk: Desk, clip: Path, open_page: Open, tmp_path: Path
) -> None:
    rules = RULES.replace('"goes out"', '"wisdom", "times"')
    (desk.folder / "rules.toml").write_text(rules, "utf-8")
    with serving(desk, "--policy", "rules.toml") as server:
        name = server.submit(clip)["id"]
        server.until(name, "done")
        url = f"{server.http.base_url}/episodes/{name}".replace("127.0.0.1", "localhost")
        page = open_page(url)
        page.on("dialog", lambda dialog: dialog.accept())
        begin(page)
        before = page.locator(FACES).count()
        assert before > 1
        page.keyboard.press("p")
        expect(page.locator("#review-heard")).not_to_contain_text("00:00")
        page.keyboard.press("r")
        page.keyboard.type("Half done")
        page.keyboard.press("Enter")
        expect(page.locator("#items .item").first).to_have_attribute("data-state", "rejected")
        page.keyboard.press("a")
        page.keyboard.type("Never sent")
        box(page, 0).press("End")
        page.keyboard.type(" And so on")
        saved(page)
        port = str(server.http.base_url).rpartition(":")[2].strip("/")
        server.kill()
        page.keyboard.press("Escape")
        page.keyboard.press("t")
        page.keyboard.press("r")
        page.keyboard.press("Control+a")
        page.keyboard.type("While it was away")
        page.keyboard.press("Enter")
        expect(page.locator("#review-told")).to_contain_text("kept in this browser")
        folder = desk.folder / "data" / "jobs" / name
        (first,) = decisions_of(folder / "transcript.json").records
        assert (first.reason, bool(first.heard)) == ("Half done", True)
        assert json.loads((folder / "heard.json").read_bytes())["heard"]["Ala"]
        assert read_sidecar(folder / "transcript.corrections.json").records
        server.arguments = (*server.arguments, "--port", port)
        server.start()
        expect(page.locator("#items .item").nth(1)).to_have_attribute("data-state", "rejected")
        page.reload()
        expect(page.locator("#items .item").nth(1)).to_have_attribute("data-state", "rejected")
        assert states(page).count("rejected") == 2
        expect(page.locator("#review-heard")).not_to_contain_text("00:00")
        expect(box(page, 0)).to_contain_text("And so on")
        reasons = [each.reason for each in decisions_of(folder / "transcript.json").records]
        assert reasons == ["Half done", "While it was away"]
