"""The process that transcribes, as whoever asks it sees it: a thread here, with engines that are doubles."""

from __future__ import annotations

import hashlib
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import pytest
from studio import BROKEN, Studio

from transcribe.core.errors import ModelError
from transcribe.core.events import FileFinished, FileStarted, Progress, SegmentRecognised
from transcribe.core.settings import Settings
from transcribe.jobs.messages import (
    Changed,
    Finished,
    Go,
    Hashed,
    Message,
    More,
    Nothing,
    Request,
    Stumbled,
    Told,
)
from transcribe.jobs.queue import Facts
from transcribe.jobs.trouble import Passing
from transcribe.jobs.worker_process import _GoneError, _Requests, digest_of
from transcribe.pipeline.ports import Run

PATIENCE_SECONDS = 60
Kind = TypeVar("Kind")


class Asker:
    """Asks for jobs, and keeps everything that was answered."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder
        self.said: list[Message] = []

    def ask(self, name: str, content: str = "", **more: Any) -> Request:
        path = self.folder / name
        path.write_text(content or name, "utf-8")
        request = Request(name, str(path), Facts.of(path.stat()), str(self.folder / "out"), str(path), **more)
        self.connection.send(request)
        return request

    def hear(self, kind: type[Kind]) -> Kind:
        """The next message of a kind."""
        while self.connection.poll(PATIENCE_SECONDS):
            message = self.connection.recv()
            self.said.append(message)
            if isinstance(message, kind):
                return message
        raise AssertionError(self.said)

    def told(self, kind: type[object]) -> list[str]:
        """The jobs that told of such an event, in order."""
        return [each.name for each in self.said if isinstance(each, Told) and isinstance(each.event, kind)]


@pytest.fixture
def asker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asker]:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.chdir(tmp_path)
    ours, theirs = multiprocessing.Pipe()
    studio = Studio()
    run = Run(Settings.of(formats=("txt",)), studio.engines())

    def assemble(settings: Settings, _: Progress) -> Run:
        if settings.recognise.language == "xx":
            raise ModelError("the model knows no xx", "Choose another")
        return Run(settings, studio.engines())

    requests = _Requests(theirs, run, assemble)

    def life() -> None:
        with suppress(_GoneError):
            requests.all()

    thread = threading.Thread(target=life)
    thread.start()
    yield Asker(ours, tmp_path)
    ours.close()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive(), "it ends with the one who asks"


def test_a_job_is_published_when_its_content_is_wanted(asker: Asker) -> None:
    asker.ask("a.wav")
    assert asker.hear(Hashed) == Hashed("a.wav", hashlib.sha256(b"a.wav").hexdigest())
    asker.connection.send(Go("a.wav", on=True))
    finished = asker.hear(Finished)
    assert [Path(each.path).name for each in finished.outputs] == ["a.txt"]
    assert (asker.folder / "out" / "a.txt").read_text("utf-8") == "Dzień dobry.\n"
    asker.ask("b.wav")
    asker.hear(Hashed)
    asker.connection.send(Go("b.wav", on=False))
    assert asker.hear(Changed) == Changed("b.wav")
    assert not (asker.folder / "out" / "b.txt").exists()


def test_a_job_that_is_not_decided_holds_up_nobody(asker: Asker) -> None:
    asker.ask("a.wav")
    asker.hear(Hashed)
    asker.hear(More)
    asker.ask("b.wav")
    assert asker.hear(Hashed).name == "b.wav"
    asker.connection.send(Go("b.wav", on=True))
    assert asker.hear(Finished).name == "b.wav"
    asker.connection.send(Go("a.wav", on=True))
    assert asker.hear(Finished).name == "a.wav"


def test_it_asks_for_more_while_a_job_waits_for_the_recogniser_and_tells_one_after_the_other(
    asker: Asker,
) -> None:
    asker.ask("a.wav")
    asker.hear(Hashed)
    asker.connection.send(Go("a.wav", on=True))
    asker.hear(More)
    asker.ask("b.wav")
    assert asker.hear(Hashed).name == "b.wav"
    assert not any(isinstance(each, Finished) for each in asker.said)
    asker.connection.send(Go("b.wav", on=True))
    assert [asker.hear(Finished).name for _ in range(2)] == ["a.wav", "b.wav"]
    assert (asker.told(FileStarted), asker.told(FileFinished)) == (["a.wav", "b.wav"], ["a.wav", "b.wav"])
    names = [each.name for each in asker.said if isinstance(each, Told)]
    assert names == sorted(names)


def test_that_there_is_no_other_job_is_no_job(asker: Asker) -> None:
    asker.connection.send(Nothing())
    asker.ask("a.wav")
    asker.hear(Hashed)
    asker.connection.send(Go("a.wav", on=True))
    asker.hear(More)
    asker.connection.send(Nothing())
    assert asker.hear(Finished).name == "a.wav"


def test_one_bad_file_stops_nobody(asker: Asker) -> None:
    asker.ask("a.wav", BROKEN)
    asker.hear(Hashed)
    asker.connection.send(Go("a.wav", on=True))
    stumbled = asker.hear(Stumbled)
    assert (stumbled.name, "is not a sound file" in stumbled.trouble.what) == ("a.wav", True)
    asker.ask("b.wav")
    asker.hear(Hashed)
    asker.connection.send(Go("b.wav", on=True))
    assert asker.hear(Finished).name == "b.wav"


def test_a_job_has_settings_of_its_own_and_tells_its_segments_where_they_are_asked_for(asker: Asker) -> None:
    asker.ask("a.wav", settings=Settings.of(formats=("srt",), language="pl"), live=True)
    asker.hear(Hashed)
    asker.connection.send(Go("a.wav", on=True))
    assert [Path(each.path).name for each in asker.hear(Finished).outputs] == ["a.srt"]
    assert asker.told(SegmentRecognised) == ["a.wav"]
    asker.ask("b.wav")
    asker.hear(Hashed)
    asker.connection.send(Go("b.wav", on=True))
    assert [Path(each.path).name for each in asker.hear(Finished).outputs] == ["b.txt"]
    assert asker.told(SegmentRecognised) == ["a.wav"]


def test_settings_that_this_model_cannot_meet_are_that_jobs_error_only(asker: Asker) -> None:
    asker.ask("a.wav", settings=Settings.of(language="xx"))
    asker.hear(Hashed)
    asker.connection.send(Go("a.wav", on=True))
    trouble = asker.hear(Stumbled).trouble
    assert (trouble.what, trouble.passing) == ("the model knows no xx", Passing.NO)


def test_the_digest_belongs_to_the_facts(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"sound")
    facts = Facts.of(path.stat())
    assert digest_of(path, facts) == hashlib.sha256(b"sound").hexdigest()
    assert digest_of(path, Facts(facts.size, 0)) is None
