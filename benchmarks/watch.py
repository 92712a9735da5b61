"""The watch folder: a thousand files and ten kills, an idle watcher, recorders that pause.

    python -m benchmarks.watch [--model tiny.en] [--files 1000] [--kills 10] [--only thousand|idle|pausing]

Writes `benchmarks/results/watch.md` from what this and earlier runs have put into `watch.json` beside it.
The recordings are cut from the sample. Half an hour on two cores.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import this_machine
from benchmarks.watching.idle import SETTLE_S, idle
from benchmarks.watching.pausing import pausing
from benchmarks.watching.thousand import thousand

RESULTS = Path(__file__).resolve().parent / "results"
PARTS = ("thousand", "idle", "pausing")


WHAT = """\
{special} each are broken (five kinds), still growing (half of the recorders keep their file open, half
close it after every block), renamed into place, or a double of another. The watcher is
killed with SIGKILL at random moments and started again. Then the ledger, every output and the bytes of
every recording are checked: each good file done exactly once, growing ones in full length, one of two
doubles left out, each broken one in `failed/` with its reason, no recording changed, no temporary file
left.
"""


def main() -> None:
    """Measure what is asked for and write the page."""
    asked = parse_arguments()
    kept = RESULTS / "watch.json"
    found: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for part in asked.only or PARTS:
        with tempfile.TemporaryDirectory(prefix="watch-", ignore_cleanup_errors=True) as name:
            folder = Path(name) / "desk"
            if part == "thousand":
                seed = asked.seed if asked.seed is not None else secrets.randbelow(1 << 30)
                result: Any = dataclasses.asdict(
                    thousand(folder, asked.model, asked.files, asked.special, asked.kills, seed)
                )
                result |= {"files": asked.files, "special": asked.special, "kills": asked.kills}
            elif part == "idle":
                result = dataclasses.asdict(idle(folder, asked.model, asked.idle_files, asked.seconds, 5))
            else:
                takes = pausing(folder, asked.model, asked.pause)
                result = {"pause": asked.pause, "takes": [dataclasses.asdict(take) for take in takes]}
        found[part] = {"model": asked.model, "machine": dataclasses.asdict(this_machine()), **result}
        kept.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    page = "\n".join([*head(), *thousand_section(found), *idle_section(found), *pausing_section(found)])
    (RESULTS / "watch.md").write_text(page + "\n", encoding="utf-8")
    print(page)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="tiny.en", help="name of an installed model")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--special", type=int, default=20, help="broken, growing, renamed, doubles: each")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, help="of everything random; another one each time")
    parser.add_argument("--idle-files", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=310, help="how long the idle watcher is measured")
    parser.add_argument("--pause", type=float, default=60, help="of the recorders, in seconds")
    parser.add_argument("--only", action="append", choices=PARTS)
    return parser.parse_args()


def head() -> Iterator[str]:
    """What this is."""
    yield "# The watch folder\n"
    yield "Made by `python -m benchmarks.watch`; every recording is cut from the sample.\n"


def machine_line(part: dict[str, Any]) -> str:
    """With what one part was measured."""
    machine = part["machine"]
    return (
        f"Model `{part['model']}`; {machine['cores']} cores, {machine['processor']}, {machine['system']}.\n"
    )


def thousand_section(found: dict[str, Any]) -> Iterator[str]:
    """The files, the kills, the verdict, the log."""
    if not (part := found.get("thousand")):
        return
    yield f"## {part['files']:,} files at once, {part['kills']} kills\n"
    yield machine_line(part)
    yield WHAT.format(special=part["special"])
    verdict = "**All of that holds.**" if not part["problems"] else f"**{len(part['problems'])} problems:**"
    yield f"{verdict} {part['seconds'] / 60:.1f} minutes; seed {part['seed']}.\n"
    yield from (f"- {problem}" for problem in part["problems"])
    yield "| state | files |"
    yield "|---|---|"
    yield from (f"| {state} | {count} |" for state, count in part["facts"].items())
    yield "\n```"
    yield from part["lines"]
    yield "```\n"


def idle_section(found: dict[str, Any]) -> Iterator[str]:
    """What it costs to do nothing, and how soon that ends."""
    if not (part := found.get("idle")):
        return
    yield f"## Nothing to do, {part['files']:,} files\n"
    yield machine_line(part)
    yield f"Measured for {part['seconds']:.0f} s with one scan in it (every 300 s); all processes together.\n"
    yield "| figure | measured | target |"
    yield "|---|---|---|"
    yield f"| processor | {part['cpu_percent']:.2f} % of one core | < 1 % |"
    memory = f"{part['pss_mb']:.0f} MB in {part['processes']} processes"
    yield f"| memory (proportional set size) | {memory} | < 150 MB |"
    started = max(first for first, _ in part["starts"])
    read = max(second for _, second in part["starts"])
    count = len(part["starts"])
    yield f"| from complete to its start, worst of {count} | {started:.2f} s | ≤ {SETTLE_S + 1:g} s |"
    yield f"| from complete to its content being read, worst | {read:.2f} s | |\n"
    yield f"The delay (`--settle`) is {SETTLE_S:g} s; the model was not loaded when the files came.\n"


def pausing_section(found: dict[str, Any]) -> Iterator[str]:
    """What became of each take."""
    if not (part := found.get("pausing")):
        return
    yield f"## Recorders that pause for {part['pause']:g} s in mid-take\n"
    yield machine_line(part)
    yield "All delays at their defaults.\n"
    yield "| in the pause, the recorder … | transcribed | transcripts | length transcribed | of the take |"
    yield "|---|---|---|---|---|"
    for take in part["takes"]:
        times = "once" if take["versions"] == 1 else f"{take['versions']} times"
        yield (
            f"| {take['recorder']} | {times} | {take['transcripts']} | {take['transcribed_ms']} ms "
            f"| {take['whole_ms']} ms |"
        )


if __name__ == "__main__":
    main()
