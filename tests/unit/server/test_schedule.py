"""Whose turn it is."""

from __future__ import annotations

from dataclasses import replace

from transcribe.server.turns.schedule import (
    GREEDY_MS,
    JOIN_MS,
    RELOAD_MS,
    UNKNOWN_MS,
    URGENT_MS,
    WINDOW_S,
    Running,
    Usage,
    Waiting,
    gives_way,
    joins,
    next_of,
)

HOUR = 3_600_000
MINUTE = 60_000


def first(*waiting: Waiting, **used: int) -> str:
    found = next_of(waiting, used, {"greedy": GREEDY_MS})
    assert found is not None
    return found.name


def test_nobody_waits() -> None:
    assert next_of((), {}, {}) is None


def test_after_one_of_twenty_long_ones_it_is_the_turn_of_another_clients_short_one() -> None:
    long = [Waiting(f"long {number}", "A", HOUR, since=number) for number in range(19)]
    assert first(*long, Waiting("short", "B", MINUTE, since=99), A=HOUR) == "short"


def test_clients_take_turns_with_recordings_of_one_length() -> None:
    usage, waiting, order = Usage(), {}, []
    for number, client in enumerate("AAAABB"):
        waiting[f"{client}{number}"] = Waiting(f"{client}{number}", client, HOUR, since=number)
    while waiting:
        name = first(*waiting.values(), **usage.totals(0))
        order.append(name[0])
        usage.add(0, waiting.pop(name).client, HOUR)
    assert "".join(order) == "ABABAA"


def test_short_goes_before_long_of_one_client_and_first_come_first_of_one_length() -> None:
    late = Waiting("late", "A", MINUTE, since=2)
    assert first(Waiting("long", "A", HOUR, since=1), late) == "late"
    assert first(late, Waiting("early", "A", MINUTE, since=1)) == "early"


def test_a_long_one_is_not_passed_for_ever_by_short_ones_of_somebody_who_had_more() -> None:
    long = Waiting("long", "A", HOUR)
    short = Waiting("short", "B", MINUTE, since=1)
    assert first(long, short, B=HOUR - 2 * MINUTE) == "short"
    assert first(long, short, B=HOUR) == "long"


def test_what_somebody_waits_for_goes_first_unless_it_is_long() -> None:
    other = Waiting("other", "B", MINUTE)
    assert first(other, Waiting("awaited", "A", URGENT_MS, awaited=True), A=HOUR) == "awaited"
    assert first(other, Waiting("awaited", "A", URGENT_MS + 1, awaited=True), A=HOUR) == "other"


def test_whoever_always_waits_for_something_does_not_keep_the_others_waiting_for_ever() -> None:
    other, greedy = Waiting("other", "B", HOUR), Waiting("awaited", "greedy", MINUTE, awaited=True)
    assert first(other, greedy, greedy=2 * HOUR) == "other"
    assert first(Waiting("own", "greedy", 1), greedy) == "awaited", "nobody else waits"
    assert first(other, replace(greedy, client="A"), A=2 * HOUR) == "awaited"


def test_a_recording_that_does_not_say_how_long_it_is_counts_as_half_an_hour() -> None:
    assert first(Waiting("unknown", "A", 0), Waiting("longer", "A", UNKNOWN_MS + 1)) == "unknown"
    assert first(Waiting("unknown", "A", 0), Waiting("shorter", "A", UNKNOWN_MS - 1)) == "shorter"


def test_a_long_one_gives_way_to_a_much_shorter_one() -> None:
    short = Waiting("short", "B", MINUTE)
    needed = 4 * MINUTE + RELOAD_MS
    assert gives_way([Running(needed, urgent=False, may_stop=True)], short)
    assert not gives_way([Running(needed - 1, urgent=False, may_stop=True)], short)
    assert not gives_way([Running(HOUR, urgent=True, may_stop=True)], short)
    assert not gives_way([Running(HOUR, urgent=False, may_stop=False)], short)
    assert not gives_way([], short)


def test_the_next_is_begun_near_the_end_of_what_is_worked_on() -> None:
    last, short = Running(JOIN_MS, urgent=False, may_stop=True), Waiting("short", "A", JOIN_MS)
    assert joins([last], short)
    assert not joins([last, replace(last, left_ms=1)], short)
    assert not joins([last], replace(short, duration_ms=JOIN_MS + 1))


def test_what_a_client_had_is_forgotten_after_an_hour() -> None:
    usage = Usage()
    usage.add(0, "A", MINUTE)
    usage.add(10, "A", HOUR)
    assert usage.totals(10) == {"A": HOUR + MINUTE}
    assert usage.totals(WINDOW_S) == {"A": HOUR}
    assert usage.totals(WINDOW_S + 10) == {}
