"""Corrections beside a document: used by everything that is made of it, kept when the recognition is new."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from season import Season

from transcribe.core.corrections.change import Prefer
from transcribe.core.errors import InputError, OutputError, UsageError
from transcribe.core.events import Event, Warned, silent
from transcribe.core.settings import Settings
from transcribe.core.show_notes import Authorship
from transcribe.formats import document
from transcribe.formats.example import example_episode
from transcribe.formats.known import render
from transcribe.jobs.api import read_transcript
from transcribe.jobs.correct import apply_text, edit_text, opened, undo
from transcribe.jobs.corrections import sidecar_of
from transcribe.jobs.render import render_document
from transcribe.jobs.revise import rename_speakers
from transcribe.quality.evaluate.references import read_text

DOCUMENT = Path("talk.json")
SIDECAR = Path("talk.corrections.json")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "no.toml"))
    DOCUMENT.write_bytes(render(example_episode(), "json", Settings().subtitles))


def correct(
    old: str, new: str, *, of: Path = DOCUMENT, text: bytes | None = None, prefer: Prefer | None = None
) -> None:
    """Export, replace one word for another, apply."""
    exported = text or edit_text(opened(of))
    assert old.encode() in exported
    edited = Path("edited.txt")
    edited.write_bytes(exported.replace(old.encode(), new.encode()))
    apply_text(opened(of), edited, Settings(), silent, who="Ala", prefer=prefer)


def rendered(*names: str, told: list[Event] | None = None, **options: object) -> list[str]:
    settings = Settings.of(formats=names, force=True, **options)
    tell = told.append if told is not None else lambda _: None
    paths = render_document(DOCUMENT, settings, lambda: None, tell, only_template=False)
    return [path.read_text("utf-8") for path in paths]


def test_what_is_made_of_a_document_is_made_of_the_corrected_one() -> None:
    before = DOCUMENT.read_bytes()
    correct("lamp", "lantern")
    for text in rendered("txt", "srt", "vtt", "csv"):
        assert "lantern that nobody tends" in text.replace("\n", " ")
    assert ">lantern<" in rendered("page")[0].replace(" ", "")
    assert "lantern" in read_transcript(DOCUMENT).transcript.text
    assert "lantern" in read_text(DOCUMENT).text
    assert DOCUMENT.read_bytes() == before


def test_the_document_stays_the_recognition_even_if_it_is_written_again() -> None:
    segments = json.loads(DOCUMENT.read_bytes())["segments"]
    correct("lamp", "lantern")
    (text,) = rendered("json")
    assert json.loads(text)["segments"] == segments
    made = read_transcript(DOCUMENT)
    assert (
        document.read_document(render(made, "json", Settings().subtitles)).transcript
        == example_episode().transcript
    )


def test_notes_of_a_language_model_are_kept_and_it_is_said_that_they_quote_what_was_corrected() -> None:
    quote = example_episode().notes.quotes[0].text  # type: ignore[union-attr]
    told: list[Event] = []
    rendered("notes", told=told)
    assert told == []
    correct(quote.split()[-1], "quite differently.")
    rendered("notes", told=told)
    assert [
        isinstance(each, Warned) and "render --notes writes them anew" in each.message for each in told
    ] == [True]


def test_undoing_brings_back_what_was_recognised() -> None:
    correct("lamp", "lantern")
    (record,) = opened(DOCUMENT).corrections.records
    assert undo(opened(DOCUMENT), [record.id], Settings(), silent)[0] == (record,)
    assert read_transcript(DOCUMENT) == read_transcript_without(DOCUMENT)
    with pytest.raises(UsageError, match=r"no correction .* in talk\.corrections\.json"):
        undo(opened(DOCUMENT), [record.id], Settings(), silent)


def read_transcript_without(path: Path) -> object:
    sidecar_of(path).unlink()
    return read_transcript(path)


def test_the_later_of_two_people_is_told_and_chooses() -> None:
    exported = edit_text(opened(DOCUMENT))
    correct("lamp", "lantern", text=exported)
    with pytest.raises(OutputError, match=r"“lamp” → “light” \(Ala\); there is .*“lantern”.*--mine"):
        correct("lamp", "light", text=exported)
    assert "lantern that" in read_transcript(DOCUMENT).transcript.text
    correct("lamp", "light", text=exported, prefer="theirs")
    assert "lantern that" in read_transcript(DOCUMENT).transcript.text
    correct("lamp", "light", text=exported, prefer="mine")
    assert "light that" in read_transcript(DOCUMENT).transcript.text


def test_text_of_another_recognition_is_refused_unless_it_does_not_say_so() -> None:
    text = edit_text(opened(DOCUMENT))
    DOCUMENT.write_bytes(DOCUMENT.read_bytes().replace(b'"lamp"', b'"lamb"'))
    with pytest.raises(InputError, match=r"made of another recognition.*remove the line"):
        correct("forty", "fifty", text=text)
    assert not SIDECAR.exists()
    correct("forty", "fifty", text=b"\n".join(each for each in text.split(b"\n") if b"# rec" not in each))
    assert "A lamp that" in read_transcript(DOCUMENT).transcript.text


def test_too_many_lines_are_refused() -> None:
    text = edit_text(opened(DOCUMENT))
    with pytest.raises(InputError, match=r"edited\.txt has too many lines: \d+ lines, and \d+ words"):
        correct("lamp", "x\n" * 200, text=text)


def test_what_cannot_be_read_is_refused_by_everything_that_needs_it() -> None:
    SIDECAR.write_text("{}")
    for use in (lambda: rendered("txt"), lambda: read_transcript(DOCUMENT), lambda: read_text(DOCUMENT)):
        with pytest.raises(InputError, match=r"talk\.corrections\.json holds no corrections"):
            use()
    SIDECAR.unlink()
    SIDECAR.mkdir()
    with pytest.raises(InputError, match=r"talk\.corrections\.json cannot be read"):
        rendered("txt")


def test_speakers_are_renamed_in_corrections_too() -> None:
    correct("[00:00:15.000] Ben", "[00:00:15.000] Anna")
    correct("lamp", "lantern")
    rendered("txt", "vtt")
    done = rename_speakers(DOCUMENT, {"Anna": "Ben", "Ben": "Anna"}, Settings())
    assert {path.name for path in done.changed} == {
        "talk.txt",
        "talk.vtt",
        "talk.json",
        "talk.corrections.json",
    }
    made = read_transcript(DOCUMENT)
    assert [each.speaker for each in made.transcript.segments] == ["Ben", "Ben", "Ben"]
    assert "lantern" in Path("talk.txt").read_text("utf-8")
    assert [each.speaker for each in document.read_document(DOCUMENT.read_bytes()).transcript.segments] == [
        "Ben", "Anna", "Ben",
    ]  # fmt: skip


def test_a_batch_writes_again_what_was_corrected_and_tells_what_does_not_fit(tmp_path: Path) -> None:
    season = Season(tmp_path)
    season.record("a.wav", "b.wav")
    season.run()
    recognised = Path("out/a.json").read_bytes()
    correct("Dzień", "Dobry", of=Path("out/a.json"))
    assert Path("out/a.txt").read_text("utf-8").strip() == "Dobry dobry."
    assert season.reasons() == {}, "its files were written anew, and the batch knows"
    sidecar = Path("out/a.corrections.json")
    mine = sidecar.read_bytes()
    sidecar.unlink()
    assert season.reasons() == {"a.wav": "settings changed: corrections"}
    sidecar.write_bytes(mine)
    Path("out/a.txt").unlink()
    season.run()
    assert Path("out/a.txt").read_text("utf-8").strip() == "Dobry dobry."
    assert Path("out/a.json").read_bytes() == recognised
    assert season.reasons() == {}
    sidecar.write_text(sidecar.read_text("utf-8").replace("Dzień", "Wieczór"), "utf-8")
    told: list[Event] = []
    season.run(tell=told.append)
    assert Path("out/a.txt").read_text("utf-8").strip() == "Dzień dobry."
    warnings = [each.message for each in told if isinstance(each, Warned)]
    assert len(warnings) == 1
    assert "a.wav: 1 correction of 1 does not fit this recognition" in warnings[0]
    sidecar.write_text("{}")
    assert season.statuses(season.run())["a.wav"] == "failed"
    sidecar.unlink()
    season.run()
    assert season.reasons() == {}


def test_files_beside_are_written_anew_and_edited_ones_are_left() -> None:
    rendered("txt", "vtt", "chapters")
    Path("talk.vtt").write_text("mine")
    Path("edited.txt").write_bytes(edit_text(opened(DOCUMENT)).replace(b"forty", b"fifty"))
    _, files = apply_text(opened(DOCUMENT), Path("edited.txt"), Settings(), silent, who="", prefer=None)
    assert [path.name for path in files.changed] == ["talk.txt", "talk.corrections.json"]
    assert [path.name for path in files.edited] == ["talk.vtt"]
    assert "fifty years" in Path("talk.txt").read_text("utf-8")
    assert Path("talk.vtt").read_text() == "mine"
    (record,) = opened(DOCUMENT).corrections.records
    undo(opened(DOCUMENT), [record.id], Settings(), silent)
    assert "forty years" in Path("talk.txt").read_text("utf-8")


def test_nothing_is_changed_where_something_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered("txt")
    before = Path("talk.txt").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr("transcribe.jobs.revise.write_together", full)
    with pytest.raises(OutputError, match="the disk is full"):
        correct("forty", "fifty")
    assert Path("talk.txt").read_bytes() == before
    assert not SIDECAR.exists()


def test_notes_by_the_extractive_writer_are_written_of_the_corrected_text() -> None:
    said = example_episode()
    authorship = Authorship("extractive", "1")
    said = replace(said, notes=replace(said.notes, authorship=authorship))  # type: ignore[type-var]
    DOCUMENT.write_bytes(render(said, "json", Settings().subtitles))
    segments = json.loads(DOCUMENT.read_bytes())["segments"]
    correct("lamp", "lantern")
    known = json.loads(DOCUMENT.read_bytes())
    assert known["segments"] == segments
    assert "lantern" in json.dumps(known["notes"])
    assert "lamp " not in json.dumps(known["notes"])
