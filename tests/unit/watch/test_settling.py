"""When a file is taken: the state machine, with the clock and the looks in the test's hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from transcribe.jobs.queue import Facts
from transcribe.watch.endings import Ending
from transcribe.watch.looking import Held, Look, Sound
from transcribe.watch.settling import NO_PATIENCE, Patience, Settling

SOUND = Sound("wav", 2000, 1)
WHOLE = Look(Ending.COMPLETE, Held.CLOSED, SOUND)
PATIENCE = Patience(settle=10, unsure=90, open=900)


@dataclass
class Room:
    """A folder in which time passes; every second, what is due is looked at."""

    patience: Patience = PATIENCE
    now: float = 0.0
    facts: dict[str, Facts] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)
    looked: int = 0

    def __post_init__(self) -> None:
        self.settling = Settling(self.patience)

    def write(self, size: int, look: Look = WHOLE, name: str = "a.wav") -> None:
        self.facts[name], self.looks[name] = Facts(size, int(self.now * 1e9)), look
        self.settling.observe(name, self.facts[name], self.now)

    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += 0.5
            while name := self.settling.due(self.now):
                self.looked += 1
                if self.settling.looked(name, self.facts[name], self.looks[name], self.now):
                    self.taken[name] = self.now


def test_a_whole_file_is_taken_after_the_delay_and_not_before() -> None:
    room = Room()
    room.write(100)
    room.wait(9.5)
    assert not room.taken
    room.wait(1)
    assert room.taken == {"a.wav": 10.0}
    assert room.looked == 2  # its headers were read twice
    assert len(room.settling) == 0


def test_growing_starts_the_delay_anew() -> None:
    room = Room()
    for size in range(1, 13):
        room.write(size)
        room.wait(8)
    assert not room.taken
    room.wait(10)
    assert room.taken == {"a.wav": 98.0}


def test_a_touch_without_a_change_of_size_counts_as_a_change() -> None:
    room = Room()
    room.write(5)
    room.wait(9)
    room.write(5)  # another time
    room.wait(9)
    assert not room.taken


@pytest.mark.parametrize(
    ("ending", "held", "seconds"),
    [
        (Ending.COMPLETE, Held.CLOSED, 10),
        (Ending.COMPLETE, Held.UNKNOWN, 10),
        (Ending.COMPLETE, Held.OPEN, 900),
        (Ending.UNSURE, Held.CLOSED, 10),
        (Ending.UNSURE, Held.UNKNOWN, 90),
        (Ending.UNSURE, Held.OPEN, 900),
        (Ending.UNFINISHED, Held.CLOSED, 90),
        (Ending.UNFINISHED, Held.UNKNOWN, 900),
        (Ending.UNFINISHED, Held.OPEN, 900),
    ],
)
def test_how_long_is_waited(ending: Ending, held: Held, seconds: float) -> None:
    room = Room()
    room.write(100, Look(ending, held))
    room.wait(seconds - 0.5)
    assert not room.taken
    room.wait(1)
    assert room.taken == {"a.wav": seconds}


@pytest.mark.parametrize(
    "pausing",
    [
        Look(Ending.UNFINISHED, Held.UNKNOWN),
        Look(Ending.UNFINISHED, Held.CLOSED),
        Look(Ending.COMPLETE, Held.OPEN),
        Look(Ending.UNSURE, Held.UNKNOWN),
    ],
)
def test_a_recorder_that_pauses_for_a_minute_gives_one_take(pausing: Look) -> None:
    room = Room()
    room.write(100, pausing)
    room.wait(60)
    room.write(200, pausing)
    room.wait(5)
    room.write(201, WHOLE)  # the header is patched, the file is closed
    room.wait(1000)
    assert room.taken == {"a.wav": 75.0}


def test_a_file_that_is_closed_without_a_trace_is_noticed_soon() -> None:
    room = Room()
    room.write(100, Look(Ending.COMPLETE, Held.OPEN))
    room.wait(300)
    room.looks["a.wav"] = WHOLE
    room.wait(10)
    assert room.taken["a.wav"] <= 310


def test_headers_that_read_otherwise_the_second_time_are_read_again() -> None:
    room = Room()
    room.write(100, Look(Ending.COMPLETE, Held.CLOSED, Sound("wav", 1000, 1)))
    room.wait(8)
    room.looks["a.wav"] = WHOLE
    room.wait(2)
    assert not room.taken  # at 10 s it read otherwise than at 5 s
    room.wait(5)
    assert room.taken == {"a.wav": 15.0}


def test_with_a_marker_nothing_is_waited_for() -> None:
    room = Room(NO_PATIENCE)
    room.write(100, Look(Ending.UNFINISHED, Held.OPEN))
    room.wait(0.5)
    assert room.taken == {"a.wav": 0.5}


def test_a_file_that_could_not_be_looked_at_is_due_again_and_a_forgotten_one_is_not() -> None:
    settling = Settling(PATIENCE)
    settling.observe("a.wav", Facts(1, 1), 0)
    assert settling.due(5) == "a.wav"
    settling.later("a.wav", 5)
    assert (settling.due(5), settling.next_due()) == (None, 10)
    settling.forget("a.wav")
    settling.later("a.wav", 5)
    assert settling.next_due() is None


def test_many_files_are_looked_at_in_the_order_in_which_they_came() -> None:
    settling = Settling(PATIENCE)
    for number in range(1000):
        settling.observe(f"{number}.wav", Facts(1, 1), number / 100)
    order = []
    while name := settling.due(100):
        order.append(name)
        settling.forget(name)
    assert order == [f"{number}.wav" for number in range(1000)]
