"""Word error rate of this program beside plain pywhispercpp, same weights, same recordings.

    python -m benchmarks.wer [--model base] [--audio DIR] [--cache DIR] [--auto]

Writes `benchmarks/results/wer-MODEL.md` and `.json`. Both are told the language the manifest states;
with `--auto`, this program runs once more and finds the language out by itself.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.clips import LANGUAGES, Clip, read_clips
from benchmarks.recognisers import Plain, ask, file_digest, ours
from transcribe.evaluation import Score, score

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"


@dataclass(frozen=True)
class Row:
    """How each recogniser did on one clip, or on several together."""

    name: str
    language: str
    seconds: float
    ours: Score
    plain: Score
    auto: Score | None

    def cells(self) -> list[str]:
        """The row as it stands in the table."""
        scores = [self.ours, self.plain, *([self.auto] if self.auto else [])]
        counts = [f"{s.rate:.2f} ({s.substitutions}/{s.deletions}/{s.insertions})" for s in scores]
        return [self.name, self.language, f"{self.seconds:.0f}", str(self.ours.count), *counts]


def main() -> None:
    """Measure every clip and write the table."""
    arguments = parse_arguments()
    path = Path(ask("models", "path", arguments.model))
    plain = Plain(path, arguments.cache)
    rows = []
    for clip in read_clips(arguments.audio):
        row = measure(clip, arguments.model, plain, auto=arguments.auto)
        print(*row.cells(), sep="  ", file=sys.stderr)
        rows.append(row)
    write(rows, arguments.model, file_digest(path))


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", default="base", help="name of an installed model")
    parser.add_argument(
        "--audio", type=Path, default=ROOT.parent / "shared" / "audio", help="clips and manifest"
    )
    parser.add_argument("--cache", type=Path, default=ROOT / ".bench", help="where plain results are kept")
    parser.add_argument("--auto", action="store_true", help="measure with the language detected, too")
    return parser.parse_args()


def measure(clip: Clip, model: str, plain: Plain, *, auto: bool) -> Row:
    """Recognise one clip each way and count the errors."""
    return Row(
        clip.name,
        clip.language,
        clip.seconds,
        ours=score(clip.reference, ours(clip, model, clip.language), clip.language),
        plain=score(clip.reference, plain(clip), clip.language),
        auto=score(clip.reference, ours(clip, model, "auto"), clip.language) if auto else None,
    )


def total(rows: list[Row], name: str, language: str) -> Row:
    """Several rows as one; every word of the references weighs the same."""
    autos = [row.auto for row in rows if row.auto]
    return Row(
        name,
        language,
        sum(row.seconds for row in rows),
        ours=add(row.ours for row in rows),
        plain=add(row.plain for row in rows),
        auto=add(autos) if autos else None,
    )


def add(scores: Iterable[Score]) -> Score:
    """The sum of scores."""
    return sum(scores, start=Score())


def write(rows: list[Row], model: str, digest: str) -> None:
    """Write the table for people and the counts for programs."""
    RESULTS.mkdir(exist_ok=True)
    target = RESULTS / f"wer-{model}"
    page = introduction(model, digest) + "\n" + table(rows)
    target.with_suffix(".md").write_text(page, encoding="utf-8")
    content = json.dumps([dataclasses.asdict(row) for row in rows], indent=1)
    target.with_suffix(".json").write_text(content + "\n", encoding="utf-8")


def table(rows: list[Row]) -> str:
    """The result as Markdown: every clip, then languages, then everything."""
    present = [language for language in LANGUAGES if any(row.language == language for row in rows)]
    totals = [total([r for r in rows if r.language == code], f"**all {code}**", code) for code in present]
    totals.append(total(rows, "**total**", ""))
    header = ["clip", "language", "seconds", "words", "transcribe", "plain pywhispercpp"]
    if rows[0].auto:
        header.append("transcribe, language auto")
    lines = [header, ["---"] * len(header), *(row.cells() for row in [*rows, *totals])]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def introduction(model: str, digest: str) -> str:
    """What was measured, with what."""
    return (
        f"# Word error rate, model `{model}`\n\n"
        f"{ask('--version')}; pywhispercpp {version('pywhispercpp')}.\n"
        f"Weights with SHA-256 `{digest}`.\n\n"
        "Cells: word error rate in percent (substituted/deleted/inserted words). Texts are normalised by\n"
        "`whisper-normalizer` (English rules for en, basic rules elsewhere) and compared by `jiwer`. Plain\n"
        "pywhispercpp: `Model(...).transcribe`, greedy, 2 threads, language given, audio decoded by ffmpeg.\n"
        "transcribe: default settings, language given. Totals weigh every word of the references the same.\n"
        "Made by `make bench-wer`.\n"
    )


if __name__ == "__main__":
    main()
