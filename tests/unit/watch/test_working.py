"""From a file that is dropped to its outcome: nothing lost, nothing done twice, nothing touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from obedient import Studio

from transcribe.core.episode import ModelIdentity
from transcribe.core.errors import EngineError, InputError, ModelError, OutputError
from transcribe.core.events import FileFailed, Noticed, Warned
from transcribe.core.text import printable
from transcribe.jobs.messages import Changed, Down, Finished, Hashed, More, Stumbled, Up
from transcribe.jobs.queue import State
from transcribe.jobs.trouble import Passing, Trouble, trouble_of
from transcribe.watch.asking import retry
from transcribe.watch.looking import Look
from transcribe.watch.working import Take


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


NO_SOUND = Stumbled("", trouble_of(InputError("it is no sound", "Check that it plays elsewhere")))
CRASH = Stumbled("", trouble_of(EngineError("the worker was killed")))


def full_disk() -> Stumbled:
    error = OutputError("the disk is full")
    error.__cause__ = OSError(28, "No space left on device")
    return Stumbled("", trouble_of(error))


def test_a_file_is_transcribed_once_it_is_complete(studio: Studio) -> None:
    studio.drop("dzień 1/a.wav", b"take 1")
    studio.settle(9)
    studio.work()
    assert (studio.state("dzień 1/a.wav"), studio.worker.requests) == (State.WAITING, [])
    studio.run(2)
    assert studio.state("dzień 1/a.wav") is State.DONE
    assert studio.text("dzień 1/a") == b"take 1"
    studio.run()
    assert len(studio.worker.requests) == 1
    states = [each.state for each in studio.queue.history("dzień 1/a.wav")]
    assert states == ["waiting", "ready", "working", "working", "done"]


def test_the_same_content_is_done_once(studio: Studio) -> None:
    studio.drop("a.wav", b"same")
    studio.drop("b.wav", b"same")
    studio.run()
    assert (studio.state("a.wav"), studio.state("b.wav")) == (State.DONE, State.DUPLICATE)
    assert studio.job("b.wav").twin == "a.wav"
    assert not (studio.folders.out / "b.txt").exists()
    assert any(isinstance(each, Noticed) and "same content" in each.message for each in studio.told)


def test_a_double_of_what_failed_or_vanished_is_done(studio: Studio) -> None:
    studio.drop("a.wav", b"same")
    studio.worker.answers = [NO_SOUND]
    studio.run()
    studio.drop("b.wav", b"same")
    studio.run()
    assert (studio.state("a.wav"), studio.state("b.wav")) == (State.FAILED, State.DONE)


def test_two_recordings_of_one_name_have_outputs_of_their_own(studio: Studio) -> None:
    for name in ("take.wav", "take.mp3", "TAKE.flac"):
        studio.drop(name, name.encode())
        studio.run()
    assert [studio.job(name).place for name in ("take.wav", "take.mp3", "TAKE.flac")] == [
        "take", "take.mp3", "TAKE.flac"
    ]  # fmt: skip
    assert (studio.text("take"), studio.text("take.mp3")) == (b"take.wav", b"take.mp3")


def test_a_take_that_goes_on_after_it_was_done_is_done_again_and_replaces_its_own(studio: Studio) -> None:
    path = studio.drop("a.wav", b"half")
    studio.run()
    first = studio.job("a.wav")
    path.write_bytes(b"half and half")
    studio.settle(9)
    assert studio.state("a.wav") is State.WAITING
    studio.run(2)
    second = studio.job("a.wav")
    assert (second.state, second.version, second.place) == (State.DONE, 2, "a")
    assert studio.text("a") == b"half and half"
    request = studio.worker.requests[-1]
    assert (request.replaces, request.begun) == (first.outputs, first.begun)
    assert len(list(studio.folders.out.glob("*.txt"))) == 1


def test_a_version_that_fails_is_not_taken_for_done_because_the_one_before_was(studio: Studio) -> None:
    path = studio.drop("a.wav", b"half")
    studio.run()
    path.write_bytes(b"half and noise")
    studio.worker.answers = [NO_SOUND]
    studio.run()
    assert studio.state("a.wav") is State.FAILED
    os.utime(path, (1, 1))
    studio.run()
    assert (studio.state("a.wav"), studio.text("a")) == (State.DONE, b"half and noise")


def test_a_take_that_becomes_a_double_of_another_has_outputs_that_fit(studio: Studio) -> None:
    path = studio.drop("a.wav", b"first")
    studio.drop("b.wav", b"second")
    studio.run()
    path.write_bytes(b"second")
    studio.run()
    assert (studio.state("a.wav"), studio.text("a")) == (State.DONE, b"second")


def test_a_touch_is_no_change(studio: Studio) -> None:
    path = studio.drop("a.wav")
    studio.run()
    os.utime(path, (1, 1))
    studio.run()
    job = studio.job("a.wav")
    assert (job.state, job.version) == (State.DONE, 1)
    assert studio.queue.history("a.wav")[-1].detail == "its content has not changed"


def test_a_file_that_grows_while_it_is_transcribed_is_given_up_at_once(studio: Studio) -> None:
    path = studio.drop("a.wav", b"half")
    studio.settle()
    studio.working.begin()
    path.write_bytes(b"half and half")
    studio.intake.touched(["a.wav"])
    studio.working.turn()
    assert (studio.state("a.wav"), studio.worker.stops) == (State.WAITING, 1)
    studio.run()
    assert (studio.state("a.wav"), studio.text("a")) == (State.DONE, b"half and half")
    assert studio.job("a.wav").version == 1


def test_a_change_that_nobody_told_of_is_noticed_at_the_end(studio: Studio) -> None:
    path = studio.drop("a.wav", b"half")
    studio.settle()
    studio.working.begin()
    studio.working.turn()
    path.write_bytes(b"half and half")
    studio.working.turn()
    assert studio.state("a.wav") is State.WAITING
    assert studio.job("a.wav").outputs  # they may be replaced
    studio.run()
    assert studio.text("a") == b"half and half"


def test_a_lasting_error_is_told_in_a_file_and_the_next_one_goes_on(studio: Studio) -> None:
    broken = studio.drop("day/broken.wav", b"noise")
    studio.worker.answers = [NO_SOUND]
    studio.settle()
    studio.drop("good.wav", b"sound")
    studio.run()
    assert (studio.state("day/broken.wav"), studio.state("good.wav")) == (State.FAILED, State.DONE)
    told = (studio.folders.out / "failed" / "day" / "broken.wav.error.txt").read_text()
    assert "it is no sound.\nCheck that it plays elsewhere." in told
    assert "transcribe watch retry" in told
    assert broken.read_bytes() == b"noise"
    failures = [each for each in studio.told if isinstance(each, FileFailed)]
    assert [(each.name, each.exit_code) for each in failures] == [("day/broken.wav", 3)]
    studio.run()
    assert len(studio.worker.requests) == 2


def reasons(studio: Studio) -> dict[str, str]:
    """Every error file, with the recording that it is about."""
    folder = studio.folders.out / "failed"
    return {
        str(path.relative_to(folder)): path.read_text()
        .splitlines()[0]
        .removeprefix(f"{studio.folders.inbox}/")
        for path in sorted(folder.rglob("*.error.txt"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.wav", "a.wav.error.txt/b.wav"),
        ("a.wav.error.txt/b.wav", "a.wav"),
        ("A.wav", "a.wav"),
        ("x/a.wav", "y/a.wav"),
        ("a.wav", "x" * 250 + ".wav"),
        ("a.wav", "nl\nx.wav"),
        ("a.wav", os.fsdecode(b"g\xff.wav")),
    ],
)
def test_every_failure_has_a_file_of_its_own(studio: Studio, first: str, second: str) -> None:
    for name in (first, second):
        studio.drop(name, f"noise of {name!r}".encode())
        studio.worker.answers = [NO_SOUND]
        studio.settle()
        studio.run()
        assert studio.state(name) is State.FAILED
    assert sorted(reasons(studio).values()) == sorted([printable(first), printable(second)])
    (studio.folders.inbox / first).write_bytes(b"the whole recording")
    studio.run()
    assert studio.state(first) is State.DONE
    assert list(reasons(studio).values()) == [printable(second)]


def test_an_error_file_never_replaces_or_removes_a_transcript(studio: Studio) -> None:
    studio.drop("failed/a.wav.error.mp3", b"sound")
    studio.run()
    assert studio.text("failed/a.wav.error") == b"sound"
    studio.drop("a.wav", b"noise")
    studio.worker.answers = [NO_SOUND]
    studio.settle()
    studio.run()
    assert studio.text("failed/a.wav.error") == b"sound"
    assert "a.wav" in reasons(studio).values()
    (studio.folders.inbox / "a.wav").write_bytes(b"the whole recording")
    studio.run()
    assert studio.text("failed/a.wav.error") == b"sound"
    assert "a.wav" not in reasons(studio).values()


def test_a_transcript_goes_elsewhere_where_an_error_file_is(studio: Studio) -> None:
    studio.drop("a.wav", b"noise")
    studio.worker.answers = [NO_SOUND]
    studio.settle()
    studio.run()
    studio.drop("failed/a.wav.error.mp3", b"sound")
    studio.run()
    assert studio.state("failed/a.wav.error.mp3") is State.DONE
    assert studio.text("failed/a.wav.error.mp3") == b"sound"
    assert reasons(studio)["a.wav.error.txt"] == "a.wav"


def test_a_failed_file_that_changes_is_tried_again_and_its_reason_removed(studio: Studio) -> None:
    path = studio.drop("a.wav", b"noise")
    studio.worker.answers = [NO_SOUND]
    studio.run()
    path.write_bytes(b"the whole recording")
    studio.run()
    assert studio.state("a.wav") is State.DONE
    assert not studio.folders.error_files("a.wav")[0].exists()


def test_retry_is_the_way_back(studio: Studio) -> None:
    for name in ("a.wav", "b/c.wav"):
        studio.drop(name, name.encode())
    studio.worker.answers = [NO_SOUND, NO_SOUND]
    studio.run()
    assert sorted(retry(studio.queue, [])) == ["a.wav", "b/c.wav"]
    studio.run()
    assert {studio.state("a.wav"), studio.state("b/c.wav")} == {State.DONE}
    assert retry(studio.queue, ["c.wav"]) == ["b/c.wav"]  # done ones too, where they are named
    studio.run()
    assert studio.job("b/c.wav").version == 2


def test_a_passing_error_is_tried_again_later_and_later_and_at_last_told(studio: Studio) -> None:
    studio.drop("a.wav")
    studio.worker.answers = [CRASH] * 5
    studio.run()
    waits: list[float] = []
    while studio.state("a.wav") is State.RETRYING and len(waits) < 9:
        waits.append(studio.job("a.wav").not_before)
        studio.now += 2000
        studio.work()
    assert len(waits) == 4
    assert (studio.state("a.wav"), studio.job("a.wav").attempts) == (State.FAILED, 5)
    assert "after 5 tries" in studio.folders.error_files("a.wav")[0].read_text()


def test_a_full_disk_passes_without_end(studio: Studio) -> None:
    studio.drop("a.wav")
    studio.worker.answers = [full_disk() for _ in range(20)]
    studio.run()
    for _ in range(20):
        assert studio.state("a.wav") is State.RETRYING
        studio.now += 4000
        studio.work()
    assert studio.state("a.wav") is State.DONE


def test_a_process_that_dies_is_a_passing_error_of_the_file(studio: Studio) -> None:
    studio.drop("a.wav")
    studio.worker.answers = [Down(Trouble("the process died (SIGKILL)", "", Passing.YES), started=True)]
    studio.run()
    job = studio.job("a.wav")
    assert (job.state, job.attempts) == (State.RETRYING, 1)


def several(studio: Studio, *names: str) -> None:
    """Have the process work on as many of these files as it takes, and finish none."""
    studio.worker.holding = True
    for name in names:
        studio.drop(name, name.encode())
    studio.run()


def states(studio: Studio) -> dict[str, State]:
    return {job.name: job.state for job in studio.queue.jobs()}


DEATH = Down(Trouble("the process died (SIGKILL)", "", Passing.YES), started=True)


def test_as_many_are_under_way_as_the_process_takes(studio: Studio) -> None:
    studio.worker.most = 2
    several(studio, "a.wav", "b.wav", "c.wav")
    order = [request.name for request in studio.worker.requests]
    assert list(states(studio).values()).count(State.WORKING) == 2
    studio.worker.finish(order[1])  # one that was begun later may be done first
    studio.work()
    assert studio.state(order[1]) is State.DONE
    assert len(studio.worker.requests) == 2  # it has not asked for more
    studio.worker.said.append(More())
    studio.work()
    (third,) = {"a.wav", "b.wav", "c.wav"} - set(order)
    assert studio.state(third) is State.WORKING
    for name in (order[0], third):
        studio.worker.finish(name)
    studio.work()
    assert set(states(studio).values()) == {State.DONE}
    assert [studio.text(name.removesuffix(".wav")) for name in order] == [name.encode() for name in order]


def test_the_same_content_is_done_once_also_when_both_are_under_way(studio: Studio) -> None:
    studio.worker.most, studio.worker.holding = 3, True
    for name in ("a.wav", "b.wav"):
        studio.drop(name, b"same")
    studio.run()
    first, second = (request.name for request in studio.worker.requests)
    assert set(states(studio).values()) == {State.WORKING}
    studio.worker.finish(first)
    studio.work()
    assert (studio.state(first), studio.state(second)) == (State.DONE, State.DUPLICATE)


def test_a_double_under_way_is_done_when_the_first_fails(studio: Studio) -> None:
    studio.worker.most, studio.worker.answers = 3, [NO_SOUND]
    for name in ("a.wav", "b.wav"):
        studio.drop(name, b"same")
    studio.run()
    first, second = (request.name for request in studio.worker.requests)
    assert (studio.state(first), studio.state(second)) == (State.FAILED, State.DONE)


def test_of_several_the_one_that_kills_the_process_is_found_by_running_each_alone(studio: Studio) -> None:
    studio.worker.most = 2
    several(studio, "a.wav", "b.wav")
    for _ in range(2):  # the second time nobody is under way but one
        studio.worker.said.append(DEATH)
        studio.working.turn()
    assert set(states(studio).values()) == {State.READY}
    assert [studio.job(name).attempts for name in ("a.wav", "b.wav")] == [0, 0]
    told = [each.message for each in studio.told if isinstance(each, Warned)]
    assert told == ["the process died (SIGKILL); each of these is tried again, alone: a.wav, b.wav"]
    studio.drop("c.wav", b"c.wav")
    studio.settle()
    studio.work()
    (first,) = studio.working.under_way
    assert first in ("a.wav", "b.wav")
    assert studio.state("c.wav") is State.READY  # nothing is begun beside a suspect
    studio.worker.said.append(DEATH)
    studio.work()
    guilty = studio.job(first)
    assert (guilty.state, guilty.attempts, guilty.alone) == (State.RETRYING, 1, True)
    (second,) = studio.working.under_way
    assert {first, second} == {"a.wav", "b.wav"}
    studio.worker.finish(second)
    studio.work()
    assert (studio.state(second), studio.job(second).alone) == (State.DONE, False)
    studio.worker.finish("c.wav")
    studio.work()
    assert studio.state("c.wav") is State.DONE


def test_a_change_of_one_under_way_costs_the_others_nothing_but_time(studio: Studio) -> None:
    studio.worker.most = 2
    several(studio, "a.wav", "b.wav")
    (studio.folders.inbox / "a.wav").write_bytes(b"a.wav and more")
    studio.intake.touched(["a.wav"])
    studio.work()
    assert (studio.state("a.wav"), studio.state("b.wav")) == (State.WAITING, State.WORKING)
    assert studio.worker.stops == 1
    assert list(studio.worker.has) == ["b.wav"]
    studio.worker.finish("b.wav")
    studio.work()
    history = [each.state for each in studio.queue.history("b.wav")]
    assert history == ["waiting", "ready", "working", "working", "done"]


def test_a_bug_over_one_under_way_costs_no_other(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(under: Take, finished: Finished) -> None:
        raise KeyError("a bug")

    studio.worker.most = 2
    several(studio, "a.wav", "b.wav")
    with monkeypatch.context() as patch:
        patch.setattr(studio.working, "finished", fails)
        studio.worker.finish("a.wav")
        studio.worker.finish("b.wav")  # said by a process that is not there any more when it is read
        studio.work()
    assert (studio.state("a.wav"), studio.state("b.wav")) == (State.FAILED, State.WORKING)
    studio.worker.finish("b.wav")
    studio.work()
    assert studio.state("b.wav") is State.DONE


def test_several_under_way_are_ready_after_a_stop_and_after_a_kill(studio: Studio) -> None:
    studio.worker.most = 2
    several(studio, "a.wav", "b.wav")
    studio.working.abandon()
    assert set(states(studio).values()) == {State.READY}
    studio.work()
    assert set(states(studio).values()) == {State.WORKING}
    studio.kill()
    assert [(job.state, job.alone) for job in studio.queue.jobs()] == [(State.READY, True)] * 2
    studio.run()
    studio.run()
    assert set(states(studio).values()) == {State.DONE}


def test_a_process_that_cannot_start_is_no_files_fault(studio: Studio) -> None:
    studio.drop("a.wav")
    studio.settle()
    down = Down(trouble_of(ModelError("there is no model")))
    studio.worker.start = lambda: studio.worker.said.append(down)  # type: ignore[method-assign]
    studio.worker.send = lambda message: None  # type: ignore[method-assign]
    studio.working.begin()
    studio.working.turn()
    job = studio.job("a.wav")
    assert (job.state, job.attempts) == (State.READY, 0)
    assert "there is no model" in studio.working.blocked
    assert not studio.working.unblocked()
    studio.now += 61
    assert studio.working.unblocked()
    paused = [each.message for each in studio.told if isinstance(each, Warned | Noticed)]
    assert paused == ["paused: there is no model.", "goes on"]


def test_a_file_that_vanishes_is_gone_and_comes_back(studio: Studio) -> None:
    path = studio.drop("a.wav")
    studio.settle(2)
    path.unlink()
    studio.settle(2)
    assert studio.state("a.wav") is State.GONE
    studio.drop("a.wav")
    studio.settle()
    path.unlink()
    studio.work()
    assert studio.state("a.wav") is State.GONE
    studio.drop("a.wav")
    studio.run()
    assert studio.state("a.wav") is State.DONE


def test_a_file_replaced_between_its_turn_and_its_reading_is_waited_for(studio: Studio) -> None:
    studio.drop("a.wav")
    studio.settle()
    studio.working.begin()
    studio.worker.said = [Up(ModelIdentity("double", "0" * 64)), Changed("a.wav")]
    studio.working.turn()
    assert studio.state("a.wav") is State.WAITING


def test_links_and_pipes_are_refused_and_told(studio: Studio) -> None:
    (studio.folders.inbox / "link.wav").symlink_to("/etc/passwd")
    os.mkfifo(studio.folders.inbox / "pipe.wav")
    studio.run()
    assert {studio.state("link.wav"), studio.state("pipe.wav")} == {State.REFUSED}
    assert studio.job("link.wav").reason == "it is a symbolic link"
    assert len(studio.worker.requests) == 0
    (studio.folders.inbox / "link.wav").unlink()
    studio.drop("link.wav")
    studio.run()
    assert studio.state("link.wav") is State.DONE


def test_a_file_that_becomes_a_link_after_it_was_complete_is_not_read(studio: Studio, tmp_path: Path) -> None:
    path = studio.drop("a.wav", b"sound")
    studio.settle()
    path.unlink()
    (tmp_path / "secret").write_bytes(b"sound")
    path.symlink_to(tmp_path / "secret")
    studio.work()
    assert studio.worker.requests == []


def test_a_warning_is_kept_with_what_is_done(studio: Studio) -> None:
    studio.drop("a.wav")
    studio.worker.answers = [Finished("", (), "less than 90 % of the speech has words")]
    studio.run()
    job = studio.job("a.wav")
    assert (job.state, job.reason) == (State.DONE, "less than 90 % of the speech has words")


@pytest.mark.parametrize("moment", range(6))
def test_killed_at_any_moment_each_file_is_done(studio: Studio, moment: int) -> None:
    """The steps of a file's way, with a kill after each of them."""
    steps = (
        studio.intake.scan,
        studio.settle,
        studio.working.begin,
        lambda: studio.worker.said.pop(0),  # it is up; the content is not told yet
        studio.working.turn,
        studio.working.turn,
    )
    studio.drop("a.wav", b"take")
    for step in steps[: moment + 1]:
        step()
    studio.kill()
    studio.run()
    studio.run()
    job = studio.job("a.wav")
    assert (job.state, job.version, job.place) == (State.DONE, 1, "a")
    assert [each.state for each in studio.queue.history("a.wav")].count("done") == 1
    assert studio.text("a") == b"take"


def test_what_was_published_before_a_kill_may_be_replaced_by_a_longer_take(studio: Studio) -> None:
    path = studio.drop("a.wav", b"half")
    studio.settle()
    studio.working.begin()
    studio.worker.said = [Hashed("a.wav", "digest of half")]
    studio.working.turn()  # from here on it may publish
    studio.kill()
    path.write_bytes(b"half and half")
    studio.run()
    assert "digest of half" in studio.worker.requests[-1].begun


def test_done_recordings_are_moved_in_one_step(tmp_path: Path) -> None:
    studio = Studio(tmp_path, move_done=True)
    studio.drop("day/a.wav", b"first")
    studio.worker.answers = []
    studio.run()
    assert (tmp_path / "done" / "day" / "a.wav").read_bytes() == b"first"
    assert not (studio.folders.inbox / "day" / "a.wav").exists()
    studio.drop("day/a.wav", b"another take")  # the same name the next day: another recording
    studio.run()
    assert studio.job("day/a.wav").place == "day/a.wav"
    assert (studio.text("day/a"), studio.text("day/a.wav")) == (b"first", b"another take")
    assert (tmp_path / "done" / "day" / "a (2).wav").read_bytes() == b"another take"


def test_what_failed_is_not_moved(tmp_path: Path) -> None:
    studio = Studio(tmp_path, move_done=True)
    path = studio.drop("a.wav", b"noise")
    studio.worker.answers = [NO_SOUND]
    studio.run()
    assert path.read_bytes() == b"noise"
    assert list((tmp_path / "done").iterdir()) == []


def test_a_move_that_a_kill_interrupted_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = Studio(tmp_path, move_done=True)
    studio.drop("a.wav", b"take")
    with monkeypatch.context() as patch:
        patch.setattr("transcribe.watch.working.Working._move", lambda self, job: None)
        studio.run()
    assert (studio.folders.inbox / "a.wav").exists()
    studio.kill()
    assert (tmp_path / "done" / "a.wav").read_bytes() == b"take"


def test_with_markers_a_file_waits_for_its_own(tmp_path: Path) -> None:
    studio = Studio(tmp_path, marker=True)
    studio.drop("a.wav", b"a")
    studio.drop("b.wav", b"b")
    studio.run()
    assert {studio.state("a.wav"), studio.state("b.wav")} == {State.WAITING}
    studio.drop("a.wav.ready", b"")
    studio.intake.touched(["a.wav.ready"])
    studio.run()
    assert (studio.state("a.wav"), studio.state("b.wav")) == (State.DONE, State.WAITING)
    studio.drop("b.ready", b"")
    studio.run()
    assert studio.state("b.wav") is State.DONE


def test_what_may_be_no_recording_is_taken_only_with_sound_in_it(studio: Studio) -> None:
    from transcribe.watch.endings import Ending
    from transcribe.watch.looking import Held, Look

    studio.drop("notes.xyz", b"text")
    studio.looker.look_is = Look(Ending.UNSURE, Held.CLOSED)
    studio.run()
    assert studio.queue.job("notes.xyz") is None
    studio.drop("take.001", b"sound")
    studio.looker.look_is = type(studio.looker).look_is
    studio.run()
    assert studio.state("take.001") is State.DONE
    assert studio.queue.job("notes.xyz") is None


def test_an_empty_mount_point_makes_nothing_vanish(studio: Studio) -> None:
    studio.drop("a.wav")
    assert studio.intake.there()
    studio.settle(2)
    studio.folders.inbox.rename(studio.folders.inbox.with_name("unmounted"))
    studio.folders.inbox.mkdir()
    assert not studio.intake.there()
    studio.folders.inbox.rmdir()
    assert not studio.intake.there()
    studio.folders.inbox.with_name("unmounted").rename(studio.folders.inbox)
    assert studio.intake.there()


def test_stopping_leaves_the_file_ready(studio: Studio) -> None:
    studio.drop("a.wav")
    studio.settle()
    studio.working.begin()
    studio.working.abandon()
    assert (studio.state("a.wav"), studio.worker.running) == (State.READY, False)
    studio.run()
    assert studio.state("a.wav") is State.DONE


def test_a_file_whose_look_fails_in_an_unforeseen_way_is_left_to_whoever_transcribes_it(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(path: Path, *, at_end: bool = True) -> Look:
        raise ValueError("surprise")

    monkeypatch.setattr(studio.looker, "look", surprise)
    studio.drop("odd.wav", b"odd")
    studio.worker.answers = [Stumbled("", trouble_of(ValueError("surprise")))]
    studio.settle(200)
    studio.run()
    assert studio.state("odd.wav") is State.FAILED
    error = studio.folders.out / "failed" / "odd.wav.error.txt"
    assert "this is a bug in transcribe (ValueError: surprise)" in error.read_text("utf-8")
