"""Notes as a step of a job: kept, redone, and never at the cost of the transcript."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import pytest
from recordings import ENGLISH, episode_of

from transcribe.core.episode import Episode
from transcribe.core.errors import EngineError, UsageError
from transcribe.core.events import Event, Noticed, StageFinished, StageStarted, Warned, WriterAdvanced, silent
from transcribe.core.own_process import Died
from transcribe.core.settings import Settings
from transcribe.core.show_notes import Chapter, ShowNotes
from transcribe.core.workspace import Workspace
from transcribe.jobs.assemble.writer import choose_writer
from transcribe.notes.writer import Draft, Drafts, Material, Part
from transcribe.pipeline.notes_step import gave_up, noted

NOTES = Settings.of(notes=True)


@dataclass
class Model:
    """A language model that says what it is told to."""

    drafts: tuple[Draft, ...] = ()
    failed: tuple[tuple[Part, str], ...] = ()
    error: Exception | None = None
    name: str = "model"
    died: str = ""
    asked: list[Material] = field(default_factory=list)
    closed: int = 0

    def write(self, material: Material, progress: Callable[[WriterAdvanced], None]) -> Drafts:
        self.asked.append(material)
        progress(WriterAdvanced("summary", 1, 1))
        if self.error:
            raise self.error
        return Drafts(self.drafts, self.failed, "server 1", "tiny", prompts_sha256="f" * 64)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    (tmp_path / "job").mkdir()
    return Workspace(tmp_path, "job")


def write(
    work: Workspace, model: Model | None, settings: Settings = NOTES
) -> tuple[ShowNotes, list[str], list[Event]]:
    events: list[Event] = []
    episode = noted(work, episode_of(ENGLISH), settings, (lambda: model) if model else None, events.append)
    assert episode.notes
    return episode.notes, [event.message for event in events if isinstance(event, Warned)], events


def test_without_the_option_there_are_none_but_the_show_is_known(work: Workspace) -> None:
    episode = episode_of(ENGLISH)
    episode = replace(episode, source=replace(episode.source, tags=(("album", "Hive Talk"),)))
    events: list[Event] = []
    done = noted(work, episode, Settings(), None, events.append)
    assert done.notes is None
    assert done.show.title == "Hive Talk"
    assert events == []


def test_what_has_no_link_is_told_in_one_line(work: Workspace) -> None:
    _, warned, events = write(work, None)
    lines = [event.message for event in events if isinstance(event, Noticed)]
    assert len(lines) == 1
    assert "no link for University of Zurich" in lines[0]
    assert "--link" in lines[0]
    assert not warned
    given = Settings.of(notes=True, links=("University of Zurich=https://uzh.example/",))
    _, _, events = write(work, None, given)
    assert not any(isinstance(event, Noticed) for event in events)


def test_they_are_kept_until_something_changes(work: Workspace) -> None:
    first, _, events = write(work, None)
    assert (events[0], events[-1]) == (StageStarted("notes"), StageFinished("notes"))
    again, _, events = write(work, None)
    assert (events[0], events[-1]) == (StageStarted("notes"), StageFinished("notes", resumed=True))
    assert again == first
    _, _, events = write(work, None, Settings.of(notes=True, show_title="Hive Talk"))
    assert (events[0], events[-1]) == (StageStarted("notes"), StageFinished("notes"))


def test_what_a_model_writes_is_checked_and_the_rest_is_extracted(work: Workspace) -> None:
    model = Model(
        (
            Draft("summary", "Honey bees use the polarised light of the sky to find their way home.", (5,)),
            Draft("takeaways", "Honey bees will land on Mars in 2031.", (5,)),
            Draft("titles", "bees bees bees bees bees bees bees bees", (1,)),
            Draft("quotes", "On cloudy days the bees rely on landmarks such as rivers and forest edges", ()),
            Draft("quotes", ENGLISH[7], ()),
            Draft("keywords", "radio tags", ()),
        ),
        failed=(("social_post", "the answer was cut off"),),
    )
    notes, warnings, _ = write(work, model)
    extracted, _, _ = write(work, None, Settings.of(notes=True, show_title="Other"))
    assert [each.text for each in notes.summary] == [model.drafts[0].text]
    chosen = [model.drafts[3].text + ".", ENGLISH[7]]
    assert [quote.text for quote in notes.quotes if quote.text in chosen] == chosen
    assert len(notes.quotes) == len(extracted.quotes)
    assert notes.keywords == extracted.keywords
    assert notes.takeaways == extracted.takeaways
    assert notes.titles == extracted.titles
    assert notes.social_post == extracted.social_post
    made = notes.authorship
    assert (made.writer, made.model, made.version, made.dropped) == ("model", "tiny", "server 1", 1)
    assert made.generated
    assert made.replaced == ("chapters", "long_summary", "takeaways", "titles", "keywords", "social_post")
    assert len(warnings) == 5 + 1
    assert any("wrote chapters, long summary, because: nothing was written" in each for each in warnings)
    assert any("wrote keywords, because: too little of it is supported" in each for each in warnings)
    assert warnings[-1].startswith("talk.mp3: notes: 1 statement of the model left out: ")
    assert any("titles" in warning and "repeats itself" in warning for warning in warnings)
    assert any("social post" in warning and "cut off" in warning for warning in warnings)


@pytest.mark.parametrize("error", [EngineError("the server is down", "Start it"), ValueError("oops")])
def test_a_failing_writer_costs_nothing_and_is_asked_again(work: Workspace, error: Exception) -> None:
    model = Model(error=error)
    for asked in (1, 2):
        notes, warnings, events = write(work, model)
        assert notes.authorship.writer == "extractive"
        assert notes.summary
        assert any(str(error) in warning for warning in warnings)
        assert len(model.asked) == asked
        assert events[-1] == StageFinished("notes")


@pytest.mark.parametrize("way", ["raised", "told"])
def test_a_writer_whose_engine_dies_is_not_asked_for_ever(work: Workspace, way: str) -> None:
    died = Died("llama.cpp crashed (SIGSEGV) while tiny wrote", "Try another model")
    model = Model(error=died) if way == "raised" else Model(died=str(died))
    for asked in (1, 2, 2, 2):
        assert gave_up(work, NOTES) == (len(model.asked) == 2)
        notes, warnings, _ = write(work, model)
        assert notes.authorship.writer == "extractive"
        assert len(model.asked) == asked
    assert "crashed (SIGSEGV) while tiny wrote. Try another model; --force asks it again" in warnings[-1]
    write(work, model, Settings.of(notes=True, force=True))
    assert len(model.asked) == 3
    write(work, model, Settings.of(notes=True, writer="llama.cpp:other"))
    assert len(model.asked) == 4


@pytest.mark.parametrize("place", ["project", "named"])
def test_a_changed_prompt_makes_notes_anew(
    work: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ("mine" if place == "named" else "templates/prompts")
    folder.mkdir(parents=True)
    settings = Settings.of(notes=True, writer_prompts=folder) if place == "named" else NOTES
    home = "Honey bees use the polarised light of the sky to find their way home."
    model = Model((Draft("summary", home, (5,)),))
    asked = []
    for name, text in [("", ""), ("summary.j2", "Be dry."), ("summary.j2", "Be dry."), ("tone.j2", "Dryer.")]:
        if name:
            (folder / name).write_text(text)
        write(work, model, settings)
        write(work, None, settings)  # the extractive writer asks nobody
        asked.append(len(model.asked))
    assert asked == [1, 2, 2, 3]


def test_other_speakers_make_notes_anew(work: Workspace) -> None:
    episode = episode_of(ENGLISH)
    before = noted(work, episode, NOTES, None, silent).notes
    said = tuple(replace(each, speaker="Ala") for each in episode.transcript.segments)
    told = replace(episode, transcript=replace(episode.transcript, segments=said))
    after = noted(work, told, NOTES, None, silent).notes
    assert before
    assert after
    assert {quote.speaker for quote in before.quotes} != {"Ala"} == {quote.speaker for quote in after.quotes}


def test_a_model_that_writes_nothing_of_use_is_not_named_and_asked_again(work: Workspace) -> None:
    model = Model((Draft("summary", "Quantum computers will replace accountants.", ()),))
    for asked in (1, 2):
        notes, warnings, _ = write(work, model)
        assert not notes.authorship.generated
        assert notes.authorship.writer == "extractive"
        assert any("nothing of it is supported" in warning for warning in warnings)
        assert len(model.asked) == asked


def test_one_reason_is_told_once(work: Workspace) -> None:
    parts: tuple[Part, ...] = get_args(Part)
    model = Model(failed=tuple((part, "the answer is empty") for part in parts))
    _, warnings, _ = write(work, model)
    assert warnings == [
        "talk.mp3: notes: the extractive writer wrote all of it, because: the answer is empty"
    ]


def test_a_model_is_not_asked_about_nothing(work: Workspace) -> None:
    model = Model()
    episode = noted(work, episode_of([]), NOTES, lambda: model, lambda _: None)
    assert episode.notes
    assert model.asked == []


def test_a_link_that_cannot_be_published_is_refused(work: Workspace) -> None:
    settings = Settings.of(links=("x=javascript:alert(1)",))
    with pytest.raises(UsageError):
        noted(work, episode_of(ENGLISH), settings, None, lambda _: None)


@pytest.mark.parametrize("error", [None, RuntimeError("out of ink")])
def test_a_model_tells_how_far_it_is_and_is_closed(work: Workspace, error: Exception | None) -> None:
    model, told = Model(error=error), list[Event]()
    noted(work, episode_of(ENGLISH), Settings.of(notes=True), lambda: model, told.append)
    assert WriterAdvanced("summary", 1, 1, 0.0) in told
    assert model.closed == 1


def test_writers_are_chosen_by_name() -> None:
    assert choose_writer(Settings()) is None
    with pytest.raises(UsageError, match="no writer 'quill:goose'"):
        choose_writer(Settings.of(writer="quill:goose"))


OWN = (
    Chapter(0, 30_000, "Begrüßung", (), "producer", "https://e.org/a"),
    Chapter(30_000, 60_000, "Schluss", (), "producer"),
    Chapter(9_000_000, 9_000_000, "Zugabe", (), "producer"),
)


def own_chapters(
    work: Workspace, settings: Settings, listed: tuple[Chapter, ...] = (), model: Model | None = None
) -> tuple[Episode, list[str]]:
    events: list[Event] = []
    said = episode_of(ENGLISH)
    if not listed:
        said = replace(said, source=replace(said.source, chapters=OWN))
    made = noted(work, said, settings, (lambda: model) if model else None, events.append, listed)
    return made, [event.message for event in events if isinstance(event, Warned)]


@pytest.mark.parametrize("listed", [(), OWN])
def test_the_producers_chapters_win(work: Workspace, listed: tuple[Chapter, ...]) -> None:
    made, told = own_chapters(work, NOTES, listed)
    assert [each.title for each in made.chapters] == ["Begrüßung", "Schluss"]
    assert made.notes
    assert made.notes.chapters == made.chapters
    assert made.chapters[0].segments[0] == 0
    assert "1 chapter begins after the recording's end" in told[0]
    again, _ = own_chapters(work, NOTES, listed)
    assert again.notes == made.notes


def test_a_models_titles_do_not_replace_the_producers(work: Workspace) -> None:
    model = Model((Draft("chapters", "The lamp", (0,)), Draft("summary", "A lamp that nobody tends.", (0,))))
    made, _ = own_chapters(work, NOTES, (), model)
    assert [each.title for each in made.chapters] == ["Begrüßung", "Schluss"]
    assert made.notes
    assert made.notes.chapters == made.chapters


def test_without_notes_the_producers_chapters_are_kept(work: Workspace) -> None:
    made, _ = own_chapters(work, Settings())
    assert made.notes is None
    assert len(made.chapters) == 2


def test_the_producers_chapters_are_replaced_where_that_is_asked_for(work: Workspace) -> None:
    made, told = own_chapters(work, NOTES.replace({"chapters": "replace"}))
    assert made.chapters == ()
    assert made.notes
    assert {each.origin for each in made.notes.chapters} == {"speaker"}
    assert told == []
