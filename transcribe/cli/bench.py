"""`transcribe bench`: which engine and layout is fastest on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.columns import columns
from transcribe.cli.options import PathName, config_parameters, say, warned

if TYPE_CHECKING:
    from transcribe.core.settings import Settings
    from transcribe.jobs.trials import Trial


@click.command("bench", params=config_parameters())
@click.argument("file", required=False, metavar="[FILE]", type=PathName())
@click.option("--model", "-m", metavar="NAME", help="Model to try; by default the one a job would use.")
@click.option(
    "--repeats", type=click.IntRange(1, 20), default=2, show_default=True, help="Runs of each layout."
)
@click.option("--dry-run", is_flag=True, help="Show the table, and leave the config as it is.")
def bench(
    file: Path | None,
    model: str | None,
    repeats: int,
    dry_run: bool,
    config_file: Path | None,
    profile: str | None,
) -> None:
    """Run a minute of speech through every engine and worker layout, and set the fastest.

    Takes the speech from FILE, or from a recording that comes with the program. Engines are only
    compared with the same weights. The fastest is written to your config file, in which everything
    else stays as it is.
    """
    from transcribe.core import config

    settings = warned(config.load({"model": model} if model else {}, config_file, profile))
    trials = _try_all(file, settings, repeats)
    click.echo(table(trials), nl=False)
    if dry_run:
        return
    from transcribe.cli.config_edit import set_options

    target = config_file or config.user_file()
    best = trials[0].layout
    set_options(target, best.options)
    say(f"{best} is set in {target}", error=True)


def _try_all(file: Path | None, settings: Settings, repeats: int) -> list[Trial]:
    import tempfile

    from transcribe.jobs.trials import find_layouts, prepare, run_trials, sample

    def tell(line: str) -> None:
        say(line, error=True)

    layouts = find_layouts(settings, tell)
    with tempfile.TemporaryDirectory(prefix="transcribe-bench-") as folder:
        material = prepare(file or sample(), settings, Path(folder))
        return run_trials(layouts, material, settings, repeats, tell)


def table(trials: Sequence[Trial]) -> str:
    """The trials as lines, the fastest first."""
    head = ("ENGINE", "MODEL", "DEVICE", "WORKERS", "THREADS", "× REAL TIME", "MEMORY")
    rows = [
        (
            trial.layout.engine,
            trial.layout.model.name,
            trial.layout.place.device,
            str(trial.layout.workers),
            str(trial.layout.threads),
            f"{trial.speed:.1f}",
            f"{trial.peak_bytes / 1e6:,.0f} MB",
        )
        for trial in trials
    ]
    return "".join(f"{line}\n" for line in columns(head, rows))
