"""Search by meaning: fused with words, optional, and nothing of what is gone stays in its vectors."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from embedding_server import Embeddings, embeddings
from shelf import Shelf

from transcribe.archive.keep import keep_current
from transcribe.archive.meaning import make_vectors, near
from transcribe.archive.query import read_query
from transcribe.archive.reader import Reader
from transcribe.archive.search import Hit, search
from transcribe.archive.vectors import file_of, files_beside, mark_of, read_vectors
from transcribe.cli.root import root
from transcribe.core.errors import EngineError, NetworkError, UsageError
from transcribe.engines.llm.embeddings import embedder_of


@pytest.fixture
def server() -> Iterator[Embeddings]:
    with embeddings() as state:
        yield state


def vectors(shelf: Shelf, chosen: str) -> int:
    return make_vectors(shelf.file, chosen)


def asked(shelf: Shelf, chosen: str, question: str) -> tuple[list[Hit], str]:
    with Reader(shelf.file) as reader:
        query = read_query(question)
        found, note = near(reader, chosen, query, question, 10.0)
        return search(reader, query, 10, near=found), note


def filled(shelf: Shelf, server: Embeddings) -> None:
    shelf.write("money", "A loss of thirty pounds.", speaker="Ala")
    shelf.write("weather", "A storm came, and rain.", speaker="Ola")
    shelf.write("food", "Bread and flour.", show="Kitchen")
    shelf.add()
    assert vectors(shelf, server.chosen) == 3


def test_a_question_finds_what_it_means_and_says_by_what(shelf: Shelf, server: Embeddings) -> None:
    filled(shelf, server)
    hits, note = asked(shelf, server.chosen, "earnings")
    assert (hits[0].title, hits[0].by, hits[0].words) == ("talk", "meaning", "A loss of thirty pounds.")
    assert Path(hits[0].document).stem == "money"
    assert hits[0].score < 1
    assert note == ""
    both, _ = asked(shelf, server.chosen, "storm")
    assert (Path(both[0].document).stem, both[0].by) == ("weather", "both")
    assert server.texts("query") == ["earnings", "storm"]


def test_what_is_said_as_it_was_typed_comes_first(shelf: Shelf, server: Embeddings) -> None:
    shelf.write("exact", "The net profit, once.")
    shelf.write("near", "Profit profit profit earnings money net.")
    shelf.add()
    vectors(shelf, server.chosen)
    hits, _ = asked(shelf, server.chosen, "net profit")
    assert [Path(each.document).stem for each in hits] == ["exact", "near"]


@pytest.mark.parametrize("question", ['"a loss"', "ear*", 'storm "and rain"'])
def test_a_phrase_or_a_beginning_is_no_matter_of_meaning(
    shelf: Shelf, server: Embeddings, question: str
) -> None:
    filled(shelf, server)
    hits, note = asked(shelf, server.chosen, question)
    assert {each.by for each in hits} <= {"words"}
    assert (server.texts("query"), note) == ([], "")


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("earnings speaker:Ala", ["money"]),
        ("earnings speaker:Nobody", []),
        ("earnings show:kitchen", ["food"]),
        ("earnings -pounds show:documents", ["weather"]),
        ("earnings lang:pl", []),
        ("earnings before:1999", []),
    ],
)
def test_filters_hold_for_meaning(shelf: Shelf, server: Embeddings, question: str, found: list[str]) -> None:
    filled(shelf, server)
    hits, _ = asked(shelf, server.chosen, question)
    assert [Path(each.document).stem for each in hits] == found


def test_only_what_is_new_or_changed_is_sent(shelf: Shelf, server: Embeddings) -> None:
    filled(shelf, server)
    assert vectors(shelf, server.chosen) == 0
    shelf.write("money", "A profit, after all.")
    shelf.write("more", "Snow.")
    shelf.update()
    server.asked.clear()
    assert vectors(shelf, server.chosen) == 2
    assert sorted(server.texts("passage")) == ["1", "A profit, after all.", "Snow."]


def test_no_vector_of_what_is_gone_is_left(shelf: Shelf, server: Embeddings) -> None:
    filled(shelf, server)
    (file,) = files_beside(shelf.file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    mark = mark_of("\nA\nloss\nof\nthirty\npounds.").to_bytes(8, "little")
    before = read_vectors(file)
    row = before.matrix[before.marks.tolist().index(int.from_bytes(mark, "little"))].tobytes()
    assert mark in file.read_bytes()
    assert row in file.read_bytes()
    shelf.remove(shelf.documents / "money.json")
    assert mark not in file.read_bytes()
    assert row not in file.read_bytes()
    assert len(read_vectors(file).passages) == 2
    shelf.write("weather", "Something else.")
    keep_current(shelf.documents / "weather.json", str(shelf.file.parent))
    assert len(read_vectors(file).passages) == 1


def test_a_damaged_file_of_vectors_is_told_and_stops_no_purge(shelf: Shelf, server: Embeddings) -> None:
    filled(shelf, server)
    (file,) = files_beside(shelf.file)
    file.write_bytes(file.read_bytes()[:-3])
    hits, note = asked(shelf, server.chosen, "storm")
    assert len(hits) == 1
    assert "damaged" in note
    shelf.remove(shelf.documents / "money.json")
    assert files_beside(shelf.file) == []
    assert vectors(shelf, server.chosen) == 2


def test_words_alone_are_searched_where_the_server_does_not_answer(shelf: Shelf, server: Embeddings) -> None:
    filled(shelf, server)
    down = "http://127.0.0.1:9 toy"
    hits, note = asked(shelf, down, "storm")
    assert [each.by for each in hits] == ["words"]
    assert note.startswith("only words are searched: no server answers at http://127.0.0.1:9.")
    with pytest.raises(NetworkError, match="no server answers"):
        vectors(shelf, down)
    assert asked(shelf, "", "storm")[1] == "only words are searched; for meaning, too, see --meaning"


def test_another_model_or_dimension_is_told_with_what_to_do(shelf: Shelf, server: Embeddings) -> None:
    filled(shelf, server)
    _, note = asked(shelf, f"{server.url} other", "storm")
    assert "has no vectors of the model other. Make them: transcribe archive update" in note
    server.numbers = 6
    _, note = asked(shelf, server.chosen, "storm")
    assert "vectors of 6 numbers, and those of the archive have 4. Make them anew" in note
    assert vectors(shelf, server.chosen) == 3
    assert [each.name.endswith(".6.f32") for each in files_beside(shelf.file)] == [True]
    assert asked(shelf, server.chosen, "earnings")[0]
    assert vectors(shelf, f"{server.url} other") == 3
    assert file_of(shelf.file, "toy") is None


def test_passages_without_vectors_are_told(shelf: Shelf, server: Embeddings) -> None:
    filled(shelf, server)
    shelf.write("more", "Snow.")
    shelf.update()
    hits, note = asked(shelf, server.chosen, "snow")
    assert hits[0].words == "Snow."
    assert note == "1 passages have no vectors: transcribe archive update"


@pytest.mark.parametrize(
    "body",
    [
        {}, [], "x", {"data": []}, {"data": [{"embedding": []}]}, {"data": [{"embedding": ["a"]}]},
        {"data": [{"embedding": [1e400]}]}, {"data": [{"embedding": [1.0]}, {"embedding": [1.0]}]},
        {"data": [{"embedding": [0.5] * 20_000}]},
    ],
)  # fmt: skip
def test_answers_that_are_none_are_refused(server: Embeddings, body: Any) -> None:
    server.body = body
    with pytest.raises(EngineError):
        embedder_of(server.chosen, 10.0).vectors(["a"], "query")


@pytest.mark.parametrize("largest", [1e300, 1e-300, 3e38, 0.0])
def test_numbers_of_any_size_become_vectors_of_length_one(server: Embeddings, largest: float) -> None:
    server.body = {"data": [{"embedding": [largest, largest / 2, 0.0]}]}
    (found,) = embedder_of(server.chosen, 10.0).vectors(["a"], "query")
    assert (found @ found) ** 0.5 == pytest.approx(1.0 if largest > 1e-12 else 0.0, abs=1e-6)


def test_what_the_server_complains_about_is_told(server: Embeddings) -> None:
    server.status, server.body = 404, {"error": {"message": "model toy not found"}}
    with pytest.raises(EngineError, match="gives no vectors of toy: model toy not found"):
        embedder_of(server.chosen, 10.0).vectors(["a"], "query")


@pytest.mark.parametrize(
    ("chosen", "what"),
    [
        ("http://192.0.2.1:8080 toy", "not on this machine"),
        ("https://api.example.com/v1 toy", "not on this machine"),
        ("http://127.0.0.1.example.com toy", "not on this machine"),
        ("http://127.0.0.1:8080", "names no server and model"),
        ("file:///etc/passwd toy", "not the URL of a server"),
        ("http://127.0.0.1:11434 toy:cloud", "somebody else's machine"),
    ],
)
def test_nothing_is_sent_to_another_machine(chosen: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        embedder_of(chosen, 1.0)


@pytest.mark.parametrize(
    ("model", "query", "passage"),
    [
        ("multilingual-e5-small", "query: a", "passage: a"),
        ("nomic-embed-text", "search_query: a", "search_document: a"),
        ("bge-m3", "a", "a"),
    ],
)
def test_models_get_their_texts_as_they_were_trained(
    server: Embeddings, model: str, query: str, passage: str
) -> None:
    embedder = embedder_of(f"{server.url}/v1/ {model}", 10.0)
    embedder.vectors(["a"], "query"), embedder.vectors(["a"], "passage")
    assert (server.texts("query"), server.texts("passage")) == ([query], [passage])


def test_the_command_line_makes_them_and_says_what_was_found_by_meaning(
    shelf: Shelf, server: Embeddings
) -> None:
    shelf.write("money", "A loss of thirty pounds.")
    options = ["--archive", str(shelf.file.parent), "--meaning", server.chosen]
    run = CliRunner()
    added = run.invoke(root, ["archive", "add", str(shelf.documents), *options])
    assert (added.exit_code, "1 passages got vectors" in added.output) == (0, True)
    found = run.invoke(root, ["search", "earnings", *options])
    assert ", by meaning)" in found.stdout
    told = json.loads(run.invoke(root, ["search", "earnings", "--json", *options]).stdout)
    assert [each["by"] for each in told] == ["meaning"]
    words = run.invoke(root, ["search", "loss", *options[:2]])
    assert "only words are searched; for meaning, too, see --meaning" in words.stderr
    far = run.invoke(root, ["search", "loss", *options[:3], "http://192.0.2.1 toy"])
    assert isinstance(far.exception, UsageError)
