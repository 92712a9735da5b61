"""What becomes of jobs: turns, priorities, cancelling, errors and kills; time passes when a test says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from counter import SAID, Counter, Servant

from transcribe.core.errors import EngineError, InputError, ModelError, OutputError
from transcribe.core.events import StageAdvanced, StageFinished
from transcribe.jobs.messages import Down, Stumbled, Told
from transcribe.jobs.queue import State
from transcribe.jobs.trouble import trouble_of
from transcribe.server.turns.working import LONGEST_MS

NO_SOUND = Stumbled("", trouble_of(InputError("it is no sound", "Check that it plays elsewhere")))
BUSY = Stumbled("", trouble_of(EngineError("the recogniser was killed")))
NO_MODEL = Stumbled("", trouble_of(ModelError("there is no model", "Install one")))
DIED = Down(trouble_of(EngineError("the process died")), started=True)
LONG, SHORT = "7200 long", "60 short"


@pytest.fixture
def desk(counter: Counter) -> Iterator[Counter]:
    counter.open()
    yield counter
    counter.close()


def states(desk: Counter, *names: str) -> list[State]:
    return [desk.job(name).state for name in names]


def asked(desk: Counter) -> list[str]:
    return [each.name for each in desk.worker.requests]


def test_a_job_is_done_once(desk: Counter) -> None:
    name = desk.submit(LONG, language="pl")
    desk.turn()
    assert states(desk, name) == [State.DONE]
    request = desk.worker.requests[0]
    assert request.settings is not None
    assert (request.settings.recognise.language, request.live) == ("pl", True)
    desk.turn()
    assert asked(desk) == [name]


def test_after_one_of_many_long_ones_comes_the_short_one_of_another_client(desk: Counter) -> None:
    desk.worker.holding = True
    long = [desk.submit(f"{LONG} {number}") for number in range(20)]
    desk.turn()
    short = desk.submit("3600 not so short", "B")
    desk.turn()
    desk.worker.finish(asked(desk)[0])
    desk.turn()
    assert asked(desk) == [long[0], short]


def test_a_long_one_gives_way_to_a_short_one_and_goes_on_after_it(desk: Counter) -> None:
    desk.worker.holding = True
    long = desk.submit(LONG)
    desk.turn()
    short = desk.submit(SHORT, "B")
    desk.turn()
    assert (states(desk, long, short), desk.worker.stops) == ([State.READY, State.WORKING], 1)
    desk.worker.finish(short)
    desk.turn()
    assert asked(desk) == [long, short, long]
    desk.submit("60 another one", "B")
    desk.turn()
    assert states(desk, long) == [State.WORKING], "it has not got further since"
    desk.worker.hear(long)
    desk.turn()
    assert states(desk, long) == [State.WORKING], "what is left of it is short"


def test_a_job_in_turns_joins_another_unless_one_of_them_has_to_be_alone(desk: Counter) -> None:
    desk.worker.holding, desk.worker.most = True, 2
    first, second = desk.submit("60 a"), desk.submit("60 b")
    desk.turn()
    assert states(desk, first, second) == [State.WORKING] * 2
    desk.worker.said.append(DIED)
    desk.turn()
    assert [desk.job(each).alone for each in (first, second)] == [True, True]
    assert sorted(states(desk, first, second)) == [State.READY, State.WORKING]


def test_a_short_one_is_begun_near_the_end_of_another_and_the_process_is_told_when_there_is_none(
    desk: Counter,
) -> None:
    desk.worker.holding, desk.worker.most = True, 2
    first = desk.submit(LONG)
    desk.turn()
    other, short = desk.submit(f"{LONG} too"), desk.submit("7000 in a while")
    desk.turn()
    assert (states(desk, first, other, short), desk.worker.waits) == (
        [State.WORKING, State.READY, State.READY], False,
    )  # fmt: skip
    desk.worker.hear(first)
    desk.turn()
    assert states(desk, other, short) == [State.READY] * 2, "two seconds are left, but these are long"
    third = desk.submit(SHORT)
    desk.turn()
    assert states(desk, third) == [State.WORKING]


def test_a_job_that_has_finished_a_stage_gives_way_again(desk: Counter) -> None:
    desk.worker.holding = True
    long = desk.submit(LONG)
    desk.turn()
    for number in range(3):
        desk.worker.said.append(Told(long, StageFinished("detect")))
        desk.turn(1)
        short = desk.submit(f"{SHORT} {number}", "B")
        desk.turn()
        assert states(desk, long, short) == [State.READY, State.WORKING]
        desk.worker.finish(short)
        desk.turn()
        assert states(desk, long) == [State.WORKING]
    desk.worker.said.append(Told(long, StageFinished("detect", resumed=True)))
    desk.submit("60 a", "B")
    desk.turn()
    desk.worker.finish(desk.worker.requests[-1].name)
    desk.turn()
    desk.worker.said.append(Told(long, StageFinished("detect", resumed=True)))
    last = desk.submit("60 b", "B")
    desk.turn()
    assert states(desk, long, last) == [State.WORKING, State.READY], "nothing that is kept was made since"


def test_a_cancelled_job_ends_and_the_others_go_on(desk: Counter) -> None:
    desk.worker.holding, desk.worker.most = True, 2
    first, second, third = (desk.submit(f"60 {each}") for each in "abc")
    desk.turn()
    assert desk.dispatcher.cancel(first, "cancelled by its client")
    assert desk.dispatcher.cancel(third, "cancelled by its client")
    desk.turn()
    assert states(desk, first, second, third) == [State.CANCELLED, State.WORKING, State.CANCELLED]
    assert (set(desk.worker.has), desk.worker.stops) == ({second}, 1)
    assert not desk.dispatcher.cancel(first, "again")
    again = desk.submit("60 a")
    assert again == first
    desk.turn()
    assert states(desk, first) == [State.WORKING]


def test_what_nobody_waits_for_any_more_is_cancelled_unless_it_is_a_job(desk: Counter) -> None:
    desk.worker.holding = True
    spoken, job = desk.submit("60 a", interactive=True), desk.submit("60 b")
    for name in (spoken, job):
        with desk.dispatcher.awaited(name), desk.dispatcher.awaited(name):
            desk.turn()
        desk.turn()
    assert states(desk, spoken, job) == [State.CANCELLED, State.WORKING]


def test_what_is_awaited_goes_first(desk: Counter) -> None:
    desk.worker.holding = True
    desk.submit("60 a")
    desk.submit("60 b")
    spoken = desk.submit("90 c", "A", interactive=True)
    with desk.dispatcher.awaited(spoken):
        desk.turn()
        assert asked(desk) == [spoken]


def test_a_recording_that_is_longer_than_it_says_is_taken_for_what_it_is(desk: Counter) -> None:
    desk.worker.holding = True
    lying = desk.submit("1 liar", "A", interactive=True)
    with desk.dispatcher.awaited(lying):
        desk.turn()
        assert states(desk, lying) == [State.WORKING]
        desk.worker.said.append(Told(lying, StageAdvanced("normalise", 36_000_000)))
        desk.turn()
        honest = desk.submit("600 honest", "B")
        desk.turn()
        assert states(desk, lying, honest) == [State.READY, State.WORKING]
        known = desk.store.submissions.get(lying)
        assert known is not None
        assert known.duration_ms == 36_000_000
        desk.worker.finish(honest)
        again, other = desk.submit("600 again", "A"), desk.submit("600 other", "B")
        desk.turn()
        assert states(desk, again, other) == [State.READY, State.WORKING]


def test_a_small_file_that_holds_months_is_given_up(desk: Counter) -> None:
    desk.worker.holding = True
    name = desk.submit("1 bomb")
    desk.turn()
    desk.worker.said.append(Told(name, StageAdvanced("normalise", LONGEST_MS + 1)))
    desk.turn()
    assert (states(desk, name), desk.worker.has, desk.worker.stops) == ([State.FAILED], {}, 1)
    assert "longer than 48 hours" in desk.job(name).reason


def test_an_error_of_the_recording_fails_it_with_its_exit_code_and_without_our_paths(desk: Counter) -> None:
    what = f"{desk.store.recording(desk.submit(LONG))} is no sound"
    desk.worker.answers = [Stumbled("", trouble_of(InputError(what, "Check it")))]
    desk.turn()
    name = asked(desk)[0]
    job, submission = desk.job(name), desk.store.submissions.get(name)
    assert submission is not None
    assert (job.state, job.reason, job.hint) == (State.FAILED, "a.wav is no sound", "Check it")
    assert submission.exit_code == InputError.exit_code


def test_an_error_that_passes_is_tried_again_and_at_last_fails(desk: Counter) -> None:
    desk.worker.answers = [BUSY]
    name = desk.submit(LONG)
    desk.turn()
    job = desk.job(name)
    assert (job.state, job.attempts) == (State.RETRYING, 1)
    assert job.not_before > desk.store.queue.now()
    spoken = desk.submit(SHORT, interactive=True)
    desk.worker.answers = [BUSY]
    desk.turn()
    assert states(desk, spoken) == [State.RETRYING]
    assert desk.job(spoken).not_before - desk.store.queue.now() < 2


def test_a_full_disk_is_waited_for(desk: Counter) -> None:
    error = OutputError("the disk is full")
    error.__cause__ = OSError(28, "No space left on device")
    desk.worker.answers = [Stumbled("", trouble_of(error))] * 2
    name, spoken = desk.submit(LONG), desk.submit(SHORT, interactive=True)
    desk.turn(6)
    found = [desk.job(each) for each in (name, spoken)]
    assert [(each.state, each.attempts) for each in found] == [(State.RETRYING, 0), (State.RETRYING, 1)]


def test_without_a_model_jobs_wait_and_spoken_ones_fail(desk: Counter) -> None:
    desk.worker.answers = [NO_MODEL]
    name = desk.submit(LONG)
    desk.turn()
    assert (states(desk, name), desk.dispatcher.blocked) == ([State.READY], "there is no model. Install one")
    desk.now += 61
    desk.worker.answers = [NO_MODEL]
    spoken = desk.submit(SHORT, interactive=True)
    with desk.dispatcher.awaited(spoken):
        desk.turn()
    assert states(desk, spoken) == [State.FAILED]
    desk.now += 61
    desk.turn()
    assert (states(desk, name), desk.dispatcher.blocked) == ([State.DONE], "")


def test_a_process_that_dies_over_one_job_costs_it_a_try(desk: Counter) -> None:
    desk.worker.holding = True
    name = desk.submit(LONG)
    desk.turn()
    desk.worker.said.append(DIED)
    desk.turn()
    job = desk.job(name)
    assert (job.state, job.attempts, job.alone) == (State.RETRYING, 1, True)


def test_after_a_kill_jobs_go_on_and_what_was_only_awaited_is_cancelled(desk: Counter) -> None:
    desk.worker.holding = True
    working, waiting = desk.submit("60 a"), desk.submit("60 b")
    spoken = desk.submit("60 c", interactive=True)
    desk.turn(1)
    desk.store.close()
    (desk.store.incoming / f"{'0' * 32}.part").write_bytes(b"x")
    desk.store.folder("0" * 24).mkdir()
    theirs = desk.store.incoming / "mine.part", desk.store.folder("mine")
    for each in theirs:
        each.mkdir()
    desk.open()
    desk.dispatcher._recover("killed")
    desk.turn(6)
    assert states(desk, working, waiting, spoken) == [State.DONE, State.DONE, State.CANCELLED]
    assert [*desk.store.incoming.iterdir()] == [theirs[0]]
    assert not desk.store.folder("0" * 24).exists()
    assert theirs[1].exists()
    assert [each.client for each in desk.store.submissions.all()] == ["A"] * 3


def test_segments_are_told_once_however_often_a_job_is_begun(desk: Counter) -> None:
    desk.worker.holding = True
    name = desk.submit(LONG)
    desk.turn()
    for _ in range(2):
        desk.worker.hear(name)
        desk.turn()
        assert [each.text for each in desk.dispatcher.lines(name)] == [*SAID]
        desk.dispatcher._working.put_down("gives way")
        desk.turn()


def test_the_process_is_ended_after_long_without_work_and_started_when_a_job_is_expected(
    desk: Counter,
) -> None:
    desk.submit(LONG)
    desk.turn()
    assert desk.worker.running
    desk.now += 61
    desk.turn()
    assert not desk.worker.running
    desk.dispatcher.expect()
    desk.turn()
    assert desk.worker.running


def test_removing_a_job_removes_all_that_was_made_of_it_but_what_another_needs(desk: Counter) -> None:
    first, second = desk.submit(SHORT), desk.submit(SHORT, language="pl")
    sha256 = desk.job(first).sha256
    work = desk.folder / "work" / sha256[:32]
    work.mkdir(parents=True)
    desk.store.remove(first)
    assert (desk.store.queue.job(first), desk.store.folder(first).exists(), work.exists()) == (
        None, False, True,
    )  # fmt: skip
    desk.store.remove(second)
    assert not work.exists()
    assert desk.store.queue.history() == []


def test_what_was_only_awaited_is_removed_an_hour_after_it_ended(desk: Counter) -> None:
    at = 1_000_000.0
    desk.store.queue._clock = lambda: at
    spoken, job = desk.submit(SHORT, interactive=True), desk.submit(LONG)
    with desk.dispatcher.awaited(spoken):
        desk.turn(6)
    at += 3601
    desk.now += 61
    desk.turn()
    assert (desk.store.queue.job(spoken), states(desk, job)) == (None, [State.DONE])


def test_something_unforeseen_is_survived(desk: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    name = desk.submit(LONG)
    with monkeypatch.context() as patched:
        patched.setattr(Servant, "start", lambda _: 1 / 0)
        assert desk.dispatcher._safe_turn() == 10.0
    for _ in range(3):
        assert desk.dispatcher._safe_turn() == 1.0
    assert states(desk, name) == [State.DONE]


def test_what_the_process_said_before_it_died_hides_its_death_from_nobody(desk: Counter) -> None:
    desk.worker.holding = True
    name = desk.submit(LONG)
    desk.turn()
    desk.worker.said += [Told(name, StageFinished("detect")), DIED]
    desk.turn()
    assert states(desk, name) == [State.RETRYING]


def test_a_job_that_waits_to_be_tried_again_does_so_though_the_clock_is_set_back(desk: Counter) -> None:
    at = 1_000_000.0
    desk.store.queue._clock = lambda: at
    desk.worker.answers = [BUSY]
    name = desk.submit(LONG)
    desk.turn()
    at -= 86_400
    desk.turn()
    assert states(desk, name) == [State.DONE]
