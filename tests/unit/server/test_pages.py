"""The pages as they are answered: policy, language, signing in."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args
from urllib.parse import quote

import httpx2
import pytest
from counter import Counter, eventually

from transcribe.control.review.state import State as ReviewState
from transcribe.core.episode import SpotKind
from transcribe.core.events import silent
from transcribe.core.settings import Settings
from transcribe.formats.known import FORMATS
from transcribe.formats.labels import tables
from transcribe.formats.templates import template_folder
from transcribe.jobs.approvals import approve
from transcribe.jobs.correct import apply_text, edit_text
from transcribe.jobs.correct import opened as opened_for_correction
from transcribe.jobs.ledger import Problem, Watched
from transcribe.jobs.publish.outputs import Published
from transcribe.jobs.queue import Queue, QueuedJob, State
from transcribe.server import lookout
from transcribe.server.access.auth import COOKIE, Access
from transcribe.server.access.keys import Keys
from transcribe.server.access.sessions import LASTS_S, Sessions
from transcribe.server.api.reviewing import CHOICES
from transcribe.server.language import WORDS
from transcribe.server.lookout import Lookout
from transcribe.server.pages import watched
from transcribe.server.pages.assets import ASSETS, version
from transcribe.server.pages.episode import TEXTS
from transcribe.server.pages.library import ORDERS, STANDS
from transcribe.watch.heartbeat import Heartbeat, beat
from transcribe.watch.status import lock_for

TYPED = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
"""What browsers send with an address that somebody types."""
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@contextmanager
def guarded(counter: Counter) -> Iterator[tuple[httpx2.Client, str]]:
    """A server that demands a key, and Ala's key."""
    counter.folder.mkdir(exist_ok=True)
    keys = Keys(counter.folder)
    key = keys.make("Ala")
    counter.access, counter.apart = Access(keys, sessions=Sessions(counter.folder, keys)), True
    with counter.serving() as client:
        yield client, key


def sign_in(client: httpx2.Client, key: str, after: str = "/") -> httpx2.Response:
    origin = {"Origin": str(client.base_url).rstrip("/")}
    return client.post("/sign-in", data={"key": key, "next": after}, headers=origin)


@pytest.mark.parametrize("file", [WORDS, TEXTS])
def test_every_language_has_the_same_texts(file: str) -> None:
    english, *others = (set(table) for table in tables(file).values())
    assert tables(file).keys() == tables(WORDS).keys()
    assert others
    assert all(each == english for each in others)
    for name in english:
        braces = {frozenset(re.findall(r"\{\w+\}", table[name])) for table in tables(file).values()}
        assert len(braces) == 1, name


@pytest.mark.parametrize(
    ("file", "elsewhere"), [(WORDS, ["language_name", "language_ba", "language_bo"]), (TEXTS, [])]
)
def test_every_text_is_used(file: str, elsewhere: list[str]) -> None:
    folder = template_folder() / "server"
    code = "".join(each.read_text() for each in [*folder.glob("*.j2"), *folder.rglob("*.js")])
    made = {
        "sort": ORDERS,
        "state": STANDS,
        "format": FORMATS,
        "doubt": get_args(SpotKind),
        "problem": tuple(Problem),
        "item": get_args(ReviewState),
        "was": CHOICES,
        "choose": CHOICES,
    }
    code += " ".join(f"{kind}_{name}" for kind, names in made.items() for name in names)
    code += Path(watched.__file__).read_text()  # where texts of that page are chosen
    unused = [each for each in tables(file)["en"] if not re.search(rf"\b{each}\b", code)]
    assert unused == elsewhere


def test_pages_have_their_policy_and_all_else_the_strict_one(counter: Counter) -> None:
    with counter.serving() as client:
        home = client.get("/")
        assert (home.status_code, home.headers["content-type"]) == (200, "text/html; charset=utf-8")
        policy = home.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "sandbox" not in policy
        for path in ("/health", "/v1/jobs", f"/assets/{version()}/app.css", "/openapi.json"):
            assert client.get(path).headers["content-security-policy"].endswith("sandbox")


def test_assets_come_from_a_table_and_are_asked_for_once(counter: Counter) -> None:
    with counter.serving() as client:
        assert f'"/assets/{version()}/app.css"' in client.get("/").text
        for name, (_, kind) in ASSETS.items():
            found = client.get(f"/assets/{version()}/{name}")
            assert (found.status_code, found.headers["content-type"].partition(";")[0]) == (200, kind)
            assert "immutable" in found.headers["cache-control"]
            assert client.get(f"/assets/another/{name}").status_code == 404
        for name in ("words.toml", "..%2fwords.toml", "%2e%2e/page/look.css", "home.html.j2", ""):
            assert client.get(f"/assets/{version()}/{name}").status_code == 404, name


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("pl", "pl"),
        ("PL-pl,en;q=0.5", "pl"),
        ("de, pl;q=0.2, en;q=0.1", "pl"),
        ("en,pl", "en"),
        ("xx", "en"),
        ("pl;q=0", "en"),
        (";q=x,", "en"),
    ],
)
def test_the_browser_s_language(counter: Counter, wanted: str, language: str) -> None:
    with counter.serving(headers={"Accept-Language": wanted}) as client:
        assert f'<html lang="{language}"' in client.get("/").text


def test_a_language_that_is_chosen_stays(counter: Counter) -> None:
    with counter.serving() as client:
        origin = {"Origin": str(client.base_url).rstrip("/")}
        chosen = client.post("/language", data={"language": "pl", "next": "/library?q=a"}, headers=origin)
        assert (chosen.status_code, chosen.headers["location"]) == (303, "/library?q=a")
        assert "SameSite=strict" in chosen.headers["set-cookie"]
        assert '<html lang="pl"' in client.get("/").text
        client.post("/language", data={"language": "../x", "next": "/"}, headers=origin)
        assert '<html lang="pl"' in client.get("/").text


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example", "/\\evil.example", "/v1/jobs", "x", "http://["]
)
def test_nobody_is_sent_elsewhere(counter: Counter, after: str) -> None:
    with counter.serving() as client:
        answer = client.get("/sign-in", params={"next": after})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_key_opens_the_pages_until_it_ends(counter: Counter) -> None:
    with guarded(counter) as (client, key):
        sent = client.get("/library?q=a b")
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2Flibrary%3Fq%3Da%2520b")
        shown = client.get(sent.headers["location"])
        assert 'value="/library?q=a%20b"' in shown.text
        assert client.get(f"/assets/{version()}/app.css").status_code == 200
        assert client.get("/v1/jobs").status_code == 401
        signed = sign_in(client, f" {key} ", "/library?q=a%20b")
        assert (signed.status_code, signed.headers["location"]) == (303, "/library?q=a%20b")
        cookie = signed.headers["set-cookie"]
        assert all(each in cookie for each in ("HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={LASTS_S}"))
        assert "Secure" not in cookie
        assert client.get("/v1/jobs").status_code == 200
        assert "Ala" in client.get("/").text
        token = client.cookies[f"{COOKIE}-{counter.port}"]
        assert token not in (counter.folder / "sessions.json").read_text()
        assert (counter.folder / "sessions.json").stat().st_mode & 0o077 == 0
        Keys(counter.folder).make("Ala")
        assert client.get("/v1/jobs").status_code == 401


def test_through_tls_the_cookie_is_sent_by_tls_only(counter: Counter) -> None:
    with guarded(counter) as (client, key):
        client.headers["X-Forwarded-Proto"] = "https"
        assert "Secure" in sign_in(client, key).headers["set-cookie"]


def test_a_wrong_key_is_told(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcribe.server.pages.sign_in.WRONG_S", 0.0)
    with guarded(counter) as (client, key):
        for wrong in (f"{key}x", "", "ż" * 1000):
            answer = sign_in(client, wrong)
            assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
            assert "This key is not known" in answer.text
        assert sign_in(client, "x" * 20_000).status_code == 413


def test_signing_out_ends_the_session(counter: Counter) -> None:
    with guarded(counter) as (client, key):
        sign_in(client, key)
        token = client.cookies[f"{COOKIE}-{counter.port}"]
        origin = {"Origin": str(client.base_url).rstrip("/")}
        assert client.post("/sign-out", headers=origin).headers["location"] == "/sign-in"
        assert not client.cookies
        assert (
            client.get("/v1/jobs", headers={"Cookie": f"{COOKIE}-{counter.port}={token}"}).status_code == 401
        )


def test_sessions_outlive_the_server_and_end_in_time(counter: Counter) -> None:
    counter.folder.mkdir()
    keys, now = Keys(counter.folder), [0.0]
    token = Sessions(counter.folder, keys, lambda: now[0]).begin(keys.make("Ala"))
    assert token
    later = Sessions(counter.folder, keys, lambda: now[0])
    assert (later.owner(token), later.owner(""), later.owner("x")) == ("Ala", None, None)
    now[0] = LASTS_S
    assert later.owner(token) is None
    (counter.folder / "sessions.json").write_text("[{")
    assert Sessions(counter.folder, keys).owner(token) is None


def test_a_cookie_alone_changes_nothing(counter: Counter) -> None:
    with guarded(counter) as (client, key):
        sign_in(client, key)
        assert client.post("/v1/jobs").status_code == 403
        assert client.post("/sign-out").status_code == 403
        assert client.post("/v1/jobs", headers={"Origin": "https://evil.example"}).status_code == 403
        assert client.delete("/v1/jobs/x", headers={"Origin": "null"}).status_code == 403
        own = {"Origin": str(client.base_url).rstrip("/")}
        assert client.post("/v1/jobs", headers=own).status_code == 400  # let in; it is no form
        bearer = {"Authorization": f"Bearer {key}"}
        assert client.post("/v1/jobs", headers=bearer).status_code == 400


def test_a_link_elsewhere_may_open_a_page_and_nothing_else(counter: Counter) -> None:
    with counter.serving() as client:
        assert client.get("/", headers=LINK).status_code == 200
        assert client.get("/", headers={**LINK, "Sec-Fetch-Dest": "iframe"}).status_code == 403
        assert client.get("/", headers={**LINK, "Sec-Fetch-Mode": "no-cors"}).status_code == 403
        assert client.get("/v1/jobs", headers=LINK).status_code == 403
        assert client.post("/language", headers=LINK).status_code == 403
    with guarded(counter) as (client, _):
        again = client.get("/library?q=a", headers=LINK)  # without its strict cookie
        assert (again.status_code, again.headers["refresh"]) == (200, "0; url=/library?q=a")


def test_what_is_not_there_is_told_as_a_page(counter: Counter) -> None:
    with counter.serving() as client:
        missing = client.get("/episodes/x", headers={"Accept-Language": "pl"})
        assert (missing.status_code, "Nie ma takiej strony" in missing.text) == (404, True)
        for path in ("/nothing", "/v1", "/v1/jobs/x/results/srt", "/assets/x", "/assets/x/y"):
            typed = client.get(path, headers=TYPED)
            assert (typed.status_code, typed.headers["content-type"]) == (404, "text/html; charset=utf-8")
            assert client.get(path).json()["error"]["code"].endswith("not_found")
    with guarded(counter) as (client, _):
        sent = client.get("/v1", headers=TYPED)
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2Fv1")
        assert client.get("/v1").status_code == 401


@pytest.mark.parametrize(
    ("title", "stem", "name"),
    [
        ("Rozmowa o św. Mikołaju", "Rozmowa o św. Mikołaju", "Rozmowa o św. Mikołaju.wav"),
        ("  AC/DC\n live.mp3 ", "AC/DC live", "AC-DC live.mp3"),
        ("No. 12", "No. 12", "No. 12.wav"),
        ("Wieczór", "Wieczór", "Wieczór"),
    ],
)
def test_an_episode_gets_another_title(counter: Counter, title: str, stem: str, name: str) -> None:
    with counter.serving() as client:
        (job,) = finished(client, "clip.wav")
        given = client.post(f"/episodes/{job}/title", json={"title": title})
        shown = " ".join(title.split())
        assert (given.status_code, given.json()) == (200, {"title": shown})
        assert client.get(f"/v1/jobs/{job}").json()["title"] == shown
        assert listed(client) == [shown]
        assert f"<title>{shown} ·" in client.get(f"/episodes/{job}").text
        sent = client.get(f"/v1/jobs/{job}/results/srt").headers["content-disposition"]
        assert sent == f"attachment; filename*=UTF-8''{quote(stem, safe='')}.srt"
        assert client.get(f"/v1/jobs/{job}/results/json").json()["source"]["name"] == name
        (again,) = finished(client, "clip.wav")
        assert (again, listed(client)) == (job, [shown])
    with counter.serving() as client:
        assert listed(client) == [shown]


def test_a_title_that_is_none_is_refused(counter: Counter) -> None:
    with counter.serving() as client:
        (job,) = finished(client, "clip.wav")
        for wanted in ({"title": " \n"}, {"title": "\u202e"}, {"title": "x" * 201}, {"title": 7}, {}):
            assert client.post(f"/episodes/{job}/title", json=wanted).status_code == 400, wanted
        assert client.post("/episodes/x/title", json={"title": "a"}).status_code == 404
        assert listed(client) == ["clip.wav"]


def finished(client: httpx2.Client, *titles: str) -> list[str]:
    """Jobs of these titles, done one after the other, each a second longer; their ids."""
    names = []
    for seconds, title in enumerate(titles, 61):
        files = {"file": (title, f"{seconds} {title}".encode())}
        names.append(client.post("/v1/jobs", files=files).json()["id"])
        eventually(lambda: client.get(f"/v1/jobs/{names[-1]}").json()["state"] == "done")
    return names


def listed(client: httpx2.Client, query: str = "") -> list[str]:
    return re.findall(r'data-title="([^"]*)"', client.get(f"/library{query}").text)


def test_the_library_finds_and_sorts(counter: Counter) -> None:
    with counter.serving() as client:
        assert "Nothing is finished yet" in client.get("/library").text
        names = finished(client, "Łódź 10.mp3", "łódź 2.mp3", "a & b.mp3")
        assert listed(client) == ["a &amp; b.mp3", "łódź 2.mp3", "Łódź 10.mp3"]
        assert listed(client, "?sort=title") == ["a &amp; b.mp3", "łódź 2.mp3", "Łódź 10.mp3"]
        assert listed(client, "?sort=length&q=lodz") == ["łódź 2.mp3", "Łódź 10.mp3"]
        assert "No episode matches" in client.get("/library?q=zebra").text
        for odd in ("?sort=x&state=y&page=-1", "?page=99999999999", "?page=٣"):
            assert len(listed(client, odd)) == 3
        page = client.get("/library").text
        assert f'href="/episodes/{names[0]}"' in page
        assert 'datetime="20' in page
        assert "01:01" in page
        assert 'data-code="en"' in page
        assert "Speakers: 2" in page


def test_the_library_tells_what_was_corrected_and_approved(counter: Counter, tmp_path: Path) -> None:
    with counter.serving() as client:
        untouched, corrected, approved = finished(client, "untouched", "corrected", "approved")
        for name in (corrected, approved):
            opened = opened_for_correction(counter.folder / "jobs" / name / "transcript.json")
            if name == corrected:
                edited = tmp_path / "edited.txt"
                edited.write_bytes(edit_text(opened).replace(b"lamp", b"lantern"))
                apply_text(opened, edited, Settings(), silent, who="Ala", prefer=None)
            else:
                approve(opened, "Ala", "")
        for stand, title in (("new", "untouched"), ("corrected", "corrected"), ("approved", "approved")):
            assert listed(client, f"?state={stand}") == [title]
        (counter.folder / "jobs" / untouched / "transcript.json").write_text("[{")
        assert len(listed(client)) == 3


def test_the_library_has_pages(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transcribe.server.pages.library.PAGE", 2)
    with counter.serving() as client:
        finished(client, "a", "b", "c")
        first = client.get("/library?q=&sort=title").text
        assert 'href="/library?sort=title&amp;page=2"' in first
        assert listed(client, "?sort=title&page=2") == ["c"]
        assert 'rel="next"' not in client.get("/library?page=2").text
        assert client.get("/library?page=9&sort=title").headers["location"] == "/library?sort=title"


def test_the_library_has_ones_own_episodes_only(counter: Counter) -> None:
    with guarded(counter) as (client, key):
        marek = {"Authorization": f"Bearer {Keys(counter.folder).make('Marek')}"}
        finished_by = client.post("/v1/jobs", files={"file": ("marek", b"2 m")}, headers=marek).json()["id"]
        eventually(lambda: client.get(f"/v1/jobs/{finished_by}", headers=marek).json()["state"] == "done")
        sign_in(client, key)
        assert listed(client) == []
        assert "Nothing is finished yet" in client.get("/library").text


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder of the results of a watcher that has ended."""
    out = tmp_path / "out"
    queue = Queue(out / ".watch" / "ledger.sqlite")
    outputs = tuple(Published(f"/out/a.{each}", "0" * 64) for each in ("txt", "srt"))
    queue.write(QueuedJob("<b>a</b>.wav", State.DONE, outputs=outputs))
    queue.write(QueuedJob("twin.wav", State.DUPLICATE, twin="<b>a</b>.wav", reason="the same content as"))
    queue.write(QueuedJob("b\udcff\u202e.wav", State.FAILED, reason="it is no sound", hint="Check it"))
    queue.write(QueuedJob("c.wav", State.WORKING))
    queue.close()
    beat(
        out / ".watch",
        Heartbeat(7, 0.0, 0.0, "working", "c.wav", "recognise, 65 s of it", {}, "/studio/in", False, True),
    )
    return out


def test_watched_folders_have_a_page_only_where_there_are_any(counter: Counter, out: Path) -> None:
    with counter.serving() as client:
        assert client.get("/watched").status_code == 404
        assert 'href="/watched"' not in client.get("/").text
    counter.watched = (out,)
    with counter.serving() as client:
        assert 'href="/watched"' in client.get("/").text
        assert client.get("/watched").status_code == 200
        assert client.get("/watched", headers=LINK).status_code == 200
        assert client.post("/watched").status_code == 403


def shown(client: httpx2.Client, language: str = "en") -> str:
    """What the page of watched folders shows."""
    answer = client.get("/watched", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return answer.text.partition("<main")[2].partition("</main>")[0]


def test_a_watched_folder_is_told_in_the_reader_s_language(
    counter: Counter, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookout, "LASTS_S", 0.0)
    counter.watched = (out,)
    with counter.serving() as client:
        said = shown(client)
        for each in (
            "/studio/in",
            "Not at work",
            "Goes on when the watcher is at work",
            "&lt;b&gt;a&lt;/b&gt;.wav",
            "Has the content of &lt;b&gt;a&lt;/b&gt;.wav",
            "a.txt, .srt",
            "b\\xff\\u202e.wav",
            "it is no sound. Check it",
            "days ago",
        ):
            assert each in said, each
        assert "the same content as" not in said
        assert "<b>" not in said
        with lock_for(out / ".watch"):
            said = shown(client)
        assert "Recognising speech" in said
        assert "up to 01:05" in said
        assert "Nie pracuje" in shown(client, "pl")


def test_a_folder_that_cannot_be_read_is_told_and_the_others_are_shown(
    counter: Counter, out: Path, tmp_path: Path
) -> None:
    for name, content in (("foreign", b"no database" * 1000), ("empty", b"")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ledger.sqlite").write_bytes(content)
    counter.watched = (tmp_path / "foreign", tmp_path / "missing", out, tmp_path / "empty")
    with counter.serving() as client:
        said = shown(client)
    assert said.count("What the watcher has written cannot be read.") == 2
    assert said.count("No watcher has written here yet") == 1
    assert "a.txt" in said


def test_every_key_sees_the_watched_folders_and_nobody_without_one(counter: Counter, out: Path) -> None:
    counter.watched = (out,)
    with guarded(counter) as (client, key):
        assert client.get("/watched").headers["location"] == "/sign-in?next=%2Fwatched"
        assert sign_in(client, key, "/watched").headers["location"] == "/watched"
        assert "a.txt" in client.get("/watched").text


def test_a_folder_is_looked_at_once_for_all_and_a_disk_that_hangs_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookout, "PATIENCE_S", 0.0)
    place, answers, looks = Path("/disk"), threading.Event(), list[str]()

    def hangs() -> Watched:
        looks.append("")
        answers.wait()
        return Watched(place)

    async def ask() -> list[list[Watched]]:
        folders = Lookout([(place, hangs)])
        silent = await asyncio.gather(*(folders.seen() for _ in range(5)))
        answers.set()
        monkeypatch.setattr(lookout, "PATIENCE_S", 60.0)
        return [*silent, await folders.seen()]

    *silent, (seen,) = asyncio.run(ask())
    assert {each.problem for (each,) in silent} == {Problem.SILENT}
    assert (seen, looks) == (Watched(place), [""])
