"""Several people at one transcript, and a server that goes away, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from counter import Counter
from editing_page import (
    FIRST,
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
from playwright.sync_api import Route, expect

from transcribe.jobs.corrections import read_sidecar


def test_of_two_pages_the_later_one_chooses(counter: Counter, open_page: Open, tmp_path: Path) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        one, two = open_page(url), open_page(url)
        for page, word in ((one, "Willkommen"), (two, "Witajcie")):
            box(page, 0).fill(FIRST.replace("Welcome", word))
            if page is one:
                saved(page)
        dialog = two.get_by_role("dialog")
        expect(dialog).to_contain_text("Willkommen")
        expect(dialog).to_contain_text("Witajcie")
        two.get_by_role("button", name="Keep mine").click()
        saved(two)
        assert "Witajcie to" in result(client, url, "txt")
        box(one, 0).fill(FIRST.replace("Welcome", "Hello"))
        one.get_by_role("button", name="Keep theirs").click()
        saved(one)
        expect(box(one, 0)).to_contain_text("Witajcie to")
        assert "Witajcie to" in result(client, url, "txt")


def test_two_pages_that_correct_different_lines_see_each_other(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        one, two = open_page(url), open_page(url)
        box(one, 0).fill(f"{FIRST} One.")
        saved(one)
        box(two, 2).fill(f"{THIRD} Two.")
        eventually_lines(two, [f"{FIRST} One.", SECOND, f"{THIRD} Two."])
        saved(two)
        assert two.evaluate("document.activeElement.textContent") == f"{THIRD} Two."


def test_another_title_is_told_to_whoever_has_the_episode_open(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        home, _, path = url.partition("/episodes/")
        listed, other = open_page(url), open_page(url)
        listed.goto(f"{home}/library")
        answer = client.post(f"/episodes/{path}/title", json={"title": "Rozmowa <b>"})
        assert answer.status_code == 200
        expect(other.locator("#title")).to_have_text("Rozmowa <b>")
        expect(other).to_have_title("Rozmowa <b> · transcribe")
        expect(listed.locator(".row .title")).to_have_text("Rozmowa <b>")
        listed.get_by_role("button", name="Download: Rozmowa <b>").click()
        expect(listed.get_by_role("heading", name="Download “Rozmowa <b>”")).to_be_visible()


def test_nothing_that_is_typed_is_lost_while_the_server_is_away(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        port = counter.port
    put_caret(page, 0, 0)
    page.keyboard.type("Away. ")
    put_caret(page, 1, len("A lamp that nobody tends goes out. "))
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_contain_text("kept in this browser", ignore_case=True)
    page.keyboard.type("So ")
    wanted = [
        f"Away. {FIRST}",
        "A lamp that nobody tends goes out.",
        "So That is all I learned in forty years.",
        THIRD,
    ]
    assert lines(page) == wanted
    with counter.serving(port=port) as client:
        saved(page)
        eventually_lines(page, wanted)
        for each in wanted:
            assert each in result(client, url, "tsv")


def test_what_was_typed_is_there_after_a_reload_and_after_going_back(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        page.on("dialog", lambda dialog: dialog.accept())
        page.route("**/edits", lambda route: route.abort())
        put_caret(page, 0, 0)
        page.keyboard.type("Typed. ")
        page.reload()
        expect(box(page, 0)).to_have_text(f"Typed. {FIRST}")
        page.goto(f"http://localhost:{counter.port}/")
        page.unroute("**/edits")
        page.go_back()
        expect(box(page, 0)).to_have_text(f"Typed. {FIRST}")
        saved(page)
        assert "Typed. Welcome" in result(client, url, "txt")


def test_an_approval_holds_until_a_change_and_again_when_it_is_undone(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        decided(client, url)
        page = open_page(url)
        page.get_by_role("button", name="Approve").click()
        page.get_by_label("Your name").fill("Żaneta")
        page.get_by_label("Reason").fill("Heard in full")
        page.get_by_role("dialog").get_by_role("button", name="Approve").click()
        expect(page.locator("#approval")).to_contain_text("Approved by Żaneta")
        expect(page.locator("#approval")).not_to_contain_text("changed since")
        put_caret(page, 0, 0)
        page.keyboard.type("Well. ")
        saved(page)
        expect(page.locator("#approval")).to_contain_text("changed since")
        assert {each.who for each in read_sidecar(sidecar(counter, url)).records} == {"Żaneta"}
        page.keyboard.press("Control+z")
        expect(page.locator("#approval")).not_to_contain_text("changed since")
        other = open_page(url)
        box(other, 2).fill(f"{THIRD} Two.")
        saved(other)
        page.get_by_role("button", name="Approve").click()
        page.get_by_label("Reason").fill("Heard again")
        page.get_by_role("dialog").get_by_role("button", name="Approve").click()
        expect(page.locator("#state")).to_contain_text("look at it again")
        expect(box(page, 2)).to_have_text(f"{THIRD} Two.")


def test_what_was_typed_is_kept_where_somebody_else_has_deleted_every_line(
    counter: Counter, open_page: Open, tmp_path: Path
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        page.on("dialog", lambda dialog: dialog.accept())
        page.route("**/edits", lambda route: route.abort())
        put_caret(page, 0, 0)
        page.keyboard.type("Typed. ")
        expect(page.locator("#state")).to_contain_text("kept in this browser", ignore_case=True)
        episode = url.partition(str(counter.port))[2]
        known = client.get(f"{episode}/transcript").json()
        end = known["lines"][-1]["end"]
        edit = {"first": 0, "end": end, "lines": [], "seen": []}
        body = {"revision": known["revision"], "edits": [edit]}
        assert client.post(f"{episode}/edits", json=body).status_code == 200
        page.reload()
        page.unroute("**/edits")
        eventually_lines(page, [f"Typed. {FIRST}"])
        page.get_by_role("button", name="Keep mine").click()
        saved(page)
        assert f"Typed. {FIRST}" in result(client, url, "txt")


@pytest.mark.parametrize("reloads", [False, True])
def test_who_types_on_after_a_lost_answer_is_not_in_conflict_with_themselves(
    counter: Counter, open_page: Open, tmp_path: Path, reloads: bool
) -> None:
    with counter.serving() as client:
        url = finished(counter, client, tmp_path)
        page = open_page(url)
        lost = []

        def lose(route: Route) -> None:
            lost.append(route.fetch().status)
            route.abort()

        page.route("**/edits", lose, times=1)
        put_caret(page, 0, len("Welcome to Harbour"))
        page.keyboard.type("s")
        expect(page.locator("#state")).to_contain_text("kept in this browser", ignore_case=True)
        assert lost == [200]
        if reloads:
            page.on("dialog", lambda dialog: dialog.accept())
            page.reload()
            expect(box(page, 0)).to_contain_text("Harbours")
            put_caret(page, 0, len("Welcome to Harbours"))
        page.keyboard.type("ide")
        saved(page)
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert "Harbourside" in result(client, url, "txt")
