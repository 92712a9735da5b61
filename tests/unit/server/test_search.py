"""Where something was said in the server's episodes: found, kept as they are, and shown to nobody else."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from counter import Counter, eventually
from embedding_server import embeddings
from spoken import episode, segment

from transcribe.archive.index import Archive
from transcribe.archive.keep import add
from transcribe.archive.reader import NAME
from transcribe.archive.search import search
from transcribe.archive.vectors import files_beside, read_vectors
from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import document
from transcribe.jobs.messages import Request
from transcribe.server import archive as server_archive
from transcribe.server.access.auth import Access
from transcribe.server.access.keys import Keys

SAID = "The net profit of the first quarter was good, said nobody in Łódź."


@pytest.fixture
def searched(counter: Counter, tmp_path: Path) -> Counter:
    counter.archive = tmp_path / "archive" / NAME
    return counter


@contextmanager
def spoken(counter: Counter, *said: str, **options: Any) -> Iterator[httpx2.Client]:
    """A server whose recordings are transcribed so, one after the other."""
    texts = iter(said)
    made: dict[str, Episode] = {}

    def publishes(request: Request) -> Episode:
        if request.name not in made:
            made[request.name] = episode(segment(next(texts), 1000, speaker="Ala Nowak"), **options)
        return made[request.name]

    with counter.serving() as client:
        counter.worker.publishes = publishes
        yield client


def submit(client: httpx2.Client, title: str = "a.wav", **headers: str) -> str:
    sent = client.post("/v1/jobs", files={"file": (title, f"9 {title}".encode())}, headers=headers).json()
    eventually(lambda: client.get(f"/v1/jobs/{sent['id']}", headers=headers).json()["state"] == "done")
    return str(sent["id"])


def places(client: httpx2.Client, question: str, **headers: str) -> list[dict[str, Any]]:
    answer = client.get("/v1/search", params={"q": question}, headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["places"]
    return found


def bytes_of(counter: Counter) -> bytes:
    assert counter.archive is not None
    return b"".join(each.read_bytes() for each in counter.archive.parent.iterdir())


def test_an_episode_is_found_by_what_was_said_and_by_no_path_of_the_server(searched: Counter) -> None:
    with spoken(searched, SAID) as client:
        name = submit(client, "2025-03-04 Odcinek <b>7.mp3")
        (found,) = eventually(lambda: places(client, "profits"))
        assert found == {
            "id": name, "title": "2025-03-04 Odcinek <b>7.mp3", "show": "", "aired": "2025-03-04",
            "speaker": "Ala Nowak", "language": "en", "start_ms": 1420, "last_ms": 1420,
            "before": "The net", "words": "profit", "after": found["after"], "score": found["score"],
            "by": "words", "url": f"/episodes/{name}#t=1.420",
        }  # fmt: skip
        assert found["after"].startswith("of the first quarter")
        assert str(searched.folder) not in client.get("/v1/search", params={"q": "profit"}).text
        client.post(f"/episodes/{name}/title", json={"title": "Another"})
        assert places(client, '"net profit" speaker:Ala after:2025 lang:en')[0]["title"] == "Another"
        assert places(client, "profit speaker:Ola") == places(client, "profit before:2025") == []


def test_the_table_is_run_by_no_spreadsheet(searched: Counter) -> None:
    with spoken(searched, f"=1+1 {SAID}") as client:
        submit(client, "=cmd.wav")
        eventually(lambda: places(client, "profit"))
        answer = client.get("/v1/search", params={"q": '"net profit"', "format": "csv"})
        assert answer.headers["content-disposition"] == 'attachment; filename="search.csv"'
        (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["title"], row["words"], row["start"]) == ("'=cmd.wav", "net profit", "00:00:01.490")
    assert row["before"].startswith("'=1+1")
    assert row["url"].startswith("http://localhost:")


def test_the_archive_follows_corrections_and_nothing_is_left_of_what_was_deleted(searched: Counter) -> None:
    with spoken(searched, SAID) as client:
        name = submit(client)
        eventually(lambda: places(client, "quarter"))
        assert b"quarter" in bytes_of(searched)
        sheet = client.get(f"/episodes/{name}/transcript").json()
        line = sheet["lines"][0]
        edit = {"first": line["first"], "end": line["end"], "seen": [],
                "lines": [{"text": "The net loss was secret.", "speaker": "Ola"}]}  # fmt: skip
        body = {"revision": sheet["revision"], "edits": [edit], "who": "Ala"}
        assert client.post(f"/episodes/{name}/edits", json=body).status_code == 200
        assert eventually(lambda: places(client, "loss speaker:Ola"))
        assert places(client, "quarter") == []
        eventually(lambda: b"quarter" not in bytes_of(searched))  # it is searched before it is wiped
        client.delete(f"/v1/jobs/{name}")
        assert places(client, "loss") == []  # at once, whatever the archive still has
        eventually(lambda: b"secret" not in bytes_of(searched))


def test_what_was_missed_is_made_good_at_the_next_start(searched: Counter) -> None:
    kept, searched.archive = searched.archive, None
    with spoken(searched, SAID, "The other one speaks of weather.") as client:
        first, second = submit(client, "a.wav"), submit(client, "b.wav")
    searched.archive = kept
    with spoken(searched) as client:
        assert [each["id"] for each in eventually(lambda: places(client, "profit"))] == [first]
        assert [each["id"] for each in eventually(lambda: places(client, "weather"))] == [second]
    searched.archive = None
    with spoken(searched) as client:
        client.delete(f"/v1/jobs/{first}")
    searched.archive = kept
    assert b"profit" in bytes_of(searched)
    with spoken(searched) as client:
        eventually(lambda: b"profit" not in bytes_of(searched))
        assert places(client, "weather")


def test_a_deletion_just_before_the_end_is_carried_out(searched: Counter) -> None:
    with spoken(searched, SAID) as client:
        name = submit(client)
        eventually(lambda: places(client, "profit"))
        client.delete(f"/v1/jobs/{name}")
    assert b"profit" not in bytes_of(searched)


def test_nobody_is_shown_what_others_or_the_operator_have(searched: Counter, tmp_path: Path) -> None:
    searched.folder.mkdir()
    keys = Keys(searched.folder)
    ala, ola = ({"Authorization": f"Bearer {keys.make(name)}"} for name in ("Ala", "Ola"))
    searched.access, searched.apart = Access(keys), True
    own = tmp_path / "own.json"
    spoken_privately = episode(segment("A net profit of my own."))
    own.write_bytes(document.write(spoken_privately, SubtitleSettings()))
    assert searched.archive is not None
    with Archive(searched.archive) as opened:
        add(opened, [own])
    with spoken(searched, SAID) as client:
        name = submit(client, **ala)
        assert [each["id"] for each in eventually(lambda: places(client, "profit", **ala))] == [name]
        assert places(client, "profit", **ola) == []
        assert client.get("/v1/search", params={"q": "profit"}).status_code == 401
        page = client.get("/library", headers=ola | {"Accept": "text/html"})
        assert "Ala Nowak" not in page.text
        assert "Ala Nowak" in client.get("/library", headers=ala | {"Accept": "text/html"}).text
        client.delete(f"/v1/jobs/{name}", headers=ala)
        eventually(lambda: b"quarter" not in bytes_of(searched))
    assert b"my" in bytes_of(searched)  # what is not the server's stays


@pytest.mark.parametrize(
    "question",
    ["", "   ", "-tax", "speaker:Ala", '"', "*", "AND OR NOT NEAR", '" OR 1=1 --', "x" * 10_000, "a " * 400,
     'found : "x"*^', "tokens:profit", "\x00\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
     "<script>alert(1)</script>", "a* b* c*", "(((((", "{profit} + ^profit", "after:2025-99"],
)  # fmt: skip
def test_no_question_breaks_anything(searched: Counter, question: str) -> None:
    with spoken(searched, SAID) as client:
        submit(client)
        eventually(lambda: places(client, "profit"))
        answer = client.get("/v1/search", params={"q": question})
        assert answer.status_code in (200, 400), answer.text
        if answer.status_code == 400:
            assert answer.json()["error"]["code"] == "invalid_value"
        assert client.get("/library", params={"q": question}).status_code == 200
        assert len(places(client, "profit")) == 1
    assert not any("Traceback" in str(each) or "goes on" in str(each) for each in searched.told)


@pytest.mark.parametrize(
    "asked", [{"limit": each} for each in ("0", "9999", "x", "0000000019", "1" * 5000)] + [{"format": "xml"}]
)
def test_what_makes_no_sense_is_refused(searched: Counter, asked: dict[str, str]) -> None:
    with searched.serving() as client:
        answer = client.get("/v1/search", params={"q": "a", **asked})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, next(iter(asked)))


def test_a_limit_says_whether_there_are_more(searched: Counter) -> None:
    with spoken(searched, "A first profit.", "A second profit.") as client:
        submit(client, "a.wav"), submit(client, "b.wav")
        eventually(lambda: len(places(client, "profit")) == 2)
        found = client.get("/v1/search", params={"q": "profit", "limit": 1}).json()
        assert (len(found["places"]), found["more"]) == (1, True)


def test_without_an_archive_the_page_says_what_is_searched(counter: Counter) -> None:
    with counter.serving() as client:
        answer = client.get("/v1/search", params={"q": "profit"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "no_archive")
        assert "--archive auto" in client.get("/library?q=profit").text
        assert "Find by title" in client.get("/library").text


def test_a_damaged_archive_costs_nothing_else_and_names_no_folder(searched: Counter) -> None:
    assert searched.archive is not None
    searched.archive.parent.mkdir()
    searched.archive.write_bytes(b"rubbish" * 1000)
    with spoken(searched, SAID) as client:
        submit(client)
        eventually(lambda: client.get("/v1/search", params={"q": "profit"}).status_code == 500)
        answer = client.get("/v1/search", params={"q": "profit"})
        assert answer.json()["error"]["code"] == "archive_unusable"
        assert str(searched.archive.parent) not in answer.text
        assert client.get("/library?q=profit").status_code == 200
        eventually(lambda: any("the archive is behind" in str(each) for each in searched.told))


def test_an_archive_that_was_moved_away_is_made_anew(searched: Counter) -> None:
    with spoken(searched, SAID, "Another matter.") as client:
        submit(client, "a.wav")
        eventually(lambda: places(client, "profit"))
        assert searched.archive is not None
        for each in searched.archive.parent.iterdir():
            each.unlink()
        submit(client, "b.wav")
        eventually(lambda: client.get("/v1/search", params={"q": "matter"}).json().get("places"))
        assert len(places(client, "profit")) == 1


def test_a_question_that_takes_too_long_is_given_up(
    searched: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    with spoken(searched, SAID) as client:
        submit(client)
        eventually(lambda: places(client, "profit"))
        monkeypatch.setattr(server_archive, "ASKED_S", -1.0)
        answer = client.get("/v1/search", params={"q": "profit"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "too_slow")


def test_a_client_waits_for_its_own_questions_only(
    searched: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_archive, "MOST_WAITING", 2)
    go_on, begun = threading.Event(), threading.Event()

    def slow(*given: Any, **more: Any) -> Any:
        begun.set()
        assert go_on.wait(60)
        return search(*given, **more)

    statuses: list[int] = []
    with spoken(searched, SAID) as client:
        submit(client)
        eventually(lambda: places(client, "profit"))
        monkeypatch.setattr(server_archive, "search", slow)

        def ask(key: str) -> None:
            headers = {"Authorization": f"Bearer {key}"}
            params = {"q": "profit"}
            answer = httpx2.get(f"{client.base_url}/v1/search", params=params, headers=headers)
            statuses.append(answer.status_code)

        waiting = [threading.Thread(target=ask, args=("busy",)) for _ in range(2)]
        for each in waiting:
            each.start()
        assert begun.wait(60)
        eventually(lambda: any(each.waiting == 2 for each in turns_of(searched)))
        ask("busy")
        assert statuses == [429]
        other = threading.Thread(target=ask, args=("other",))
        other.start()
        go_on.set()
        for each in [*waiting, other]:
            each.join()
    assert sorted(statuses) == [200, 200, 200, 429]


def turns_of(counter: Counter) -> list[Any]:
    assert counter.service.archive is not None
    return list(counter.service.archive._turns.values())


def test_a_show_is_that_of_the_tags(searched: Counter) -> None:
    with spoken(searched, SAID, tags=(("album", "Mornings"), ("date", "2024-05-06"))) as client:
        submit(client)
        (found,) = eventually(lambda: places(client, "profit show:mornings"))
        assert (found["show"], found["aired"]) == ("Mornings", "2024-05-06")


def test_what_was_meant_is_found_and_only_in_ones_own_episodes(searched: Counter) -> None:
    with embeddings() as vectors:
        searched.meaning = vectors.chosen
        searched.folder.mkdir()
        keys = Keys(searched.folder)
        ala, ola = ({"Authorization": f"Bearer {keys.make(name)}"} for name in ("Ala", "Ola"))
        searched.access, searched.apart = Access(keys), True
        with spoken(searched, SAID) as client:
            name = submit(client, **ala)
            (found,) = eventually(lambda: places(client, "earnings", **ala))
            assert (found["id"], found["by"]) == (name, "meaning")
            assert places(client, "earnings", **ola) == []
            vectors.status, vectors.body = 500, {"error": "out of memory"}
            answer = client.get("/v1/search", params={"q": "profit"}, headers=ala).json()
            assert [each["by"] for each in answer["places"]] == ["words"]
            assert "out of memory" in answer["note"]
            client.delete(f"/v1/jobs/{name}", headers=ala)
            assert searched.archive is not None
            (file,) = files_beside(searched.archive)
            eventually(lambda: not len(read_vectors(file).passages))
