"""The arithmetic behind the published tables."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from benchmarks import formats
from benchmarks.clips import Clip, read_clips, read_long_english, read_silence
from benchmarks.machine import Machine
from benchmarks.measured import Heard, Part, Results, Run, merge, read, save, scores, speed_ratio, total_score
from benchmarks.observe import Message, Observed
from benchmarks.overhead import stage_seconds
from benchmarks.peer_run import LOADERS, WHISPER_CLI
from benchmarks.peers import recorded
from benchmarks.schedule import Task, clip_tasks, turns
from benchmarks.systems import BATCHED, PLAIN, Ours, Outcome, Peer, all_systems, also
from benchmarks.tables import invented, page
from transcribe.formats.known import PACK
from transcribe.quality.evaluate.words import Score


def test_stage_times_come_from_the_events() -> None:
    messages = (
        Message(1.0, '{"event": "stage_started", "stage": "plan"}'),
        Message(1.5, '{"event": "stage_advanced", "stage": "plan", "done_ms": 5}'),
        Message(4.0, '{"event": "stage_finished", "stage": "plan", "resumed": false}'),
    )
    assert stage_seconds(messages) == {"plan": 3.0}


MANIFEST = """\
name\tfile\tseconds\tlang\tspeakers\ttranscript\tref_quality
german\tg.mp3\t50\tde\t1\tt.txt\tA
short\ts.wav\t40\ten\t1\tt.txt\tA
long\tl.mp3\t41.5\ten\t1\tt.txt\tA-
corrected\tc.wma\t198\ten\t1\tt.txt\tB
talk\tt.wav\t60\ten\t2\tt.txt\tA
rough\tr.mp3\t89\ten\t1\tt.txt\thyp only
music\tm.ogg\t49\t-\t0\t-\t-
"""

MACHINE = Machine("a processor", 2, ("avx2", "fma"), 25, "Linux", {"pywhispercpp": "1.5.1"})


def run(system: str, turn: int, wall_s: float, part: Part = "speed", case: str = "en", **more: object) -> Run:
    heard = (Heard("clip", 100, "text", Score(10, 1)),)
    made = Run(part, system, case, turn, wall_s, 2 * wall_s, 300_000_000, heard)
    return dataclasses.replace(made, **more)  # type: ignore[arg-type]


def results(*runs: Run) -> Results:
    return Results(MACHINE, {"transcribe": "pywhispercpp 1.5.1, built with AVX2"}, runs)


def test_each_measurement_takes_the_clips_it_can_use(tmp_path: Path) -> None:
    (tmp_path / "manifest.tsv").write_text(MANIFEST, "utf-8")
    (tmp_path / "t.txt").write_text("words", "utf-8")
    assert [clip.name for clip in read_clips(tmp_path)] == ["short", "long", "talk", "german"]
    assert [clip.name for clip in read_long_english(tmp_path)] == ["long", "corrected"]
    assert read_silence(tmp_path) == [Clip("music", tmp_path / "m.ogg", 49, "en", "")]


def test_systems_take_turns_and_none_is_always_first() -> None:
    assert list(turns(["a", "b", "c"], 2)) == [(1, "a"), (1, "b"), (1, "c"), (2, "b"), (2, "c"), (2, "a")]


def test_a_process_hears_one_language() -> None:
    clips = [
        Clip(name, Path(name), 1, language, "") for name, language in (("a", "en"), ("b", "en"), ("c", "de"))
    ]
    system = Ours("transcribe", "base", ())
    made = list(clip_tasks("languages", [system], clips, 2))
    assert [(task.turn, task.case, len(task.clips)) for task in made] == [
        (1, "en", 2),
        (1, "de", 1),
        (2, "en", 2),
        (2, "de", 1),
    ]


def test_what_is_measured_again_replaces_only_itself(tmp_path: Path) -> None:
    before = results(run("a", 1, 10), run("b", 1, 20), run("a", 1, 60, "growth", "1"))
    after = merge(before, [run("b", 1, 25), run("b", 2, 30)])
    assert [(each.system, each.turn, each.wall_s) for each in after.of("speed")] == [
        ("a", 1, 10),
        ("b", 1, 25),
        ("b", 2, 30),
    ]
    assert after.of("growth", "1") == before.of("growth")
    save(tmp_path / "peers.json", after)
    assert read(tmp_path / "peers.json") == after
    assert [path.name for path in tmp_path.iterdir()] == ["peers.json"]


def test_ratios_are_taken_within_a_round() -> None:
    # Twice as fast in every round, while the machine gets slower and slower.
    runs = [run("a", turn, 10.0**turn) for turn in (1, 2, 3)] + [
        run(PLAIN, turn, 2 * 10.0**turn) for turn in (1, 2)
    ]
    assert speed_ratio(runs, "a", PLAIN) == pytest.approx(2)
    assert math.isnan(speed_ratio(runs, "a", "not measured"))


def test_the_errors_are_those_of_the_middle_round() -> None:
    rounds = [Heard("clip", 100, "", Score(10, wrong)) for wrong in (0, 9, 2)]
    runs = [run("a", turn, 1, heard=(heard,)) for turn, heard in enumerate(rounds, 1)]
    assert scores(runs) == {"clip": Score(10, 2)}
    assert total_score(runs).rate == pytest.approx(20)


def test_a_run_keeps_text_and_errors_but_not_two_hours_of_text() -> None:
    clip = Clip("clip", Path("clip.wav"), 8, "en", "good day")
    task = Task("speed", Ours("transcribe", "base", ()), "en", 1, (clip,))
    outcome = Outcome(Observed(2.0, 3.0, 5, ()), ("Good way!",))
    made = recorded(task, outcome)
    assert made.heard == (Heard("clip", 8, "Good way!", Score(2, 1)),)
    assert made.speed == 4
    assert recorded(dataclasses.replace(task, part="growth"), outcome).heard[0].text == ""


def test_another_interpreter_is_a_row_with_its_own_options() -> None:
    row = also("native q8_0=some/python --model base-q8_0", "base")
    assert (row.name, row.python, row.weights) == ("native q8_0", "some/python", "base-q8_0")
    assert row.options == ("--model", "base", "--model", "base-q8_0")
    assert also("native=some/python", "base").weights == "base"
    with pytest.raises(ValueError, match="is not NAME=PYTHON"):
        also("native", "base")


def test_an_interpreter_that_is_missing_is_left_out_with_a_reason() -> None:
    assert also("native=no/such/python", "base").missing() == "its interpreter does not run this program"


def test_every_system_is_compared_with_the_two_that_ratios_are_against() -> None:
    systems = all_systems("base")
    walls = {system.name: 10.0 + number for number, system in enumerate(systems)}
    assert len(walls) == len(systems)
    text = page(results(*(run(name, 1, wall_s) for name, wall_s in walls.items())), "base")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if " × |" in line]
    assert {row[0]: row[-2:] for row in rows} == {
        name: [f"{walls[PLAIN] / wall_s:.2f} ×", f"{walls[BATCHED] / wall_s:.2f} ×"]
        for name, wall_s in walls.items()
    }
    assert {system.loader for system in systems if isinstance(system, Peer)} <= {*LOADERS, *WHISPER_CLI}


def test_the_page_has_the_tables_of_what_was_measured() -> None:
    text = page(results(run("transcribe", 1, 20), run(PLAIN, 1, 40), run(BATCHED, 1, 10)), "base")
    assert "- a processor, 2 cores, 25 GB; Linux\n- instruction sets: avx2 fma\n" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert rows[2] == f"| {BATCHED} | 10.0 | 10.0 to 10.0 | 10.0 | 20.0 | 300 | 10.00 | 4.00 × | 1.00 × |"
    assert rows[3] == "| transcribe | 5.0 | 5.0 to 5.0 | 20.0 | 40.0 | 300 | 10.00 | 2.00 × | 0.50 × |"
    assert "| transcribe | 10.00 (1/0/0) | 10.00 (1/0/0) |" in rows
    assert "minutes" not in text


def test_every_clip_stands_in_a_row_in_the_order_of_its_language() -> None:
    polish = (Heard("rozmowa", 9, "tekst", Score(4, 1)),)
    runs = [
        run("transcribe", 1, 5, "languages", "pl", heard=polish),
        run("transcribe", 1, 5, "languages"),
        run(PLAIN, 1, 5, "languages"),
    ]
    text = page(results(*runs), "base")
    head = f"| clip |  | transcribe | {PLAIN} |\n| --- | --- | --- | --- |\n"
    assert f"{head}| clip | en | 10.0 (1) | 10.0 (1) |\n| rozmowa | pl | 25.0 (1) |  |\n" in text


def test_growth_is_told_against_ten_minutes() -> None:
    runs = [
        run("transcribe", 1, wall, "growth", str(minutes)) for minutes, wall in ((1, 9), (10, 60), (120, 756))
    ]
    longest = dataclasses.replace(runs[2], peak_bytes=355_000_000, cpu_s=1440)
    rows = [
        line for line in page(results(longest, *runs[:2]), "base").splitlines() if "| transcribe |" in line
    ]
    assert rows == [
        "| transcribe | 1 | 9.0 | 9.00 |  | 18.00 |  | 300 |  |",
        "| transcribe | 10 | 60.0 | 6.00 |  | 12.00 |  | 300 |  |",
        "| transcribe | 120 | 756.0 | 6.30 | +5.0 % | 12.00 | +0.0 % | 355 | +55 MB |",
    ]


def test_memory_of_workers_is_told_against_one() -> None:
    one = run("transcribe", 1, 60, "workers", "1")
    two = run("transcribe", 1, 40, "workers", "2", peak_bytes=390_000_000)
    assert "| transcribe | 2 | 40.0 | 390 | 1.30 × |" in page(results(one, two), "base")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("", "0"),
        (" you\n", "1: you"),
        ("(upbeat music)", "0: (upbeat music)"),
        ("a | b *c*", "3: a / b \\*c\\*"),
        ("word " * 20, "20: " + "word " * 10 + "…"),
    ],
)
def test_invented_words_are_counted_and_shown(text: str, cell: str) -> None:
    assert invented(text) == cell


def test_every_format_of_the_pack_is_timed() -> None:
    spent = formats.seconds_of(formats.noted(300))
    assert set(spent) == {*PACK, "json"}
    report = "\n".join(formats.report_of([spent, spent], 300))
    assert f"**All {len(spent)} formats:" in report
    assert "| vtt | .vtt |" in report
