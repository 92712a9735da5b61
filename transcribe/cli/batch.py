"""`transcribe batch PATH…`: many recordings, of which only those are done that need it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import PathName, SettingsCommand, check_policy_flag, say, warned
from transcribe.core.config import Resolved
from transcribe.core.errors import UsageError
from transcribe.core.places import expanded

if TYPE_CHECKING:
    from transcribe.cluster.submitter import Cluster
    from transcribe.core.events import Progress
    from transcribe.core.settings import Settings
    from transcribe.jobs.due import Plan
    from transcribe.jobs.reporter import Reporter
    from transcribe.jobs.shard import Shard
    from transcribe.pipeline.ports import Engines

    OpenCluster = Callable[[Progress], AbstractContextManager[Cluster]]


@dataclass(frozen=True)
class Wish:
    """What the command's own options ask for, each under its name."""

    paths: tuple[str, ...]
    exclude: tuple[str, ...]
    dry_run: bool
    as_json: bool
    redo: bool
    retry_failed: bool
    shard: str | None
    cluster: str | None
    certs: Path | None
    report: Path | None
    no_report: bool


@click.command("batch", cls=SettingsCommand)
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    metavar="PATH...",
    type=PathName(path_type=str, allow_dash=True, readable=False),
)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave these out; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done, why, and how long it would take.")
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: say it as a report in JSON.")
@click.option("--redo", is_flag=True, help="Do what is up to date, too.")
@click.option("--retry-failed", is_flag=True, help="Only do what failed according to the last report.")
@click.option(
    "--shard",
    metavar="K/N|auto",
    help="Do this machine's share: 3/8, or auto: as Slurm or HTCondor says; auto/8 on Kubernetes.",
)
@click.option(
    "--cluster",
    metavar="tls://ADDRESS:PORT",
    help="Recognise on this scheduler's workers (see cluster).",
)
@click.option(
    "--certs", metavar="DIR", type=PathName(file_okay=False), help="With --cluster: this machine's folder."
)
@click.option(
    "--report",
    type=PathName(),
    metavar="FILE",
    help="Where the report goes  [default: report.json in the results' folder]",
)
@click.option("--no-report", is_flag=True, help="Write no report.")
@click.pass_context
def batch(context: click.Context, /, resolved: Resolved, **wish: object) -> None:
    """Transcribe many recordings, and only those that need it.

    PATH is a file, a folder (searched to its depths), a pattern in quotes, a list (.txt, .lst: a path on each
    line), a playlist (M3U, PLS, XSPF), or the file of an RSS feed. What is up to date by content and settings
    is left alone; one that fails stops nobody else. With -o the structure of folders is kept; without,
    results go beside each recording. Two runs at once share the work. So do several machines, with --shard.
    """
    check_policy_flag(context, resolved.settings)
    context.exit(_batch(Wish(**wish), warned(resolved)))  # type: ignore[arg-type]


def _batch(wish: Wish, settings: Settings) -> int:
    from transcribe.cli.batch_plan import as_events, as_lines, estimate
    from transcribe.cli.display import choose_display
    from transcribe.control.gate import gate_of
    from transcribe.core.events import Noticed
    from transcribe.jobs.assemble.engines import choose_engines
    from transcribe.jobs.due import plan_batch
    from transcribe.jobs.find import find_recordings
    from transcribe.jobs.report import encoded, failures_of, read_report
    from transcribe.jobs.reporter import Reporter, check_report_path
    from transcribe.jobs.shard import shard_of
    from transcribe.jobs.speed import known_speed

    shard = shard_of(wish.shard) if wish.shard else None
    path = _report_path(wish, settings, shard)
    previous = read_report(path) if path else None
    if wish.retry_failed and previous is None:
        raise UsageError("there is no report that says what failed", "Name it with --report")
    output = expanded(settings.output.output) if settings.output.output else None
    found = find_recordings(wish.paths, wish.exclude, output)
    if shard and found.recordings:
        total = len(found.recordings)
        found = replace(found, recordings=tuple(filter(shard.has, found.recordings)))
        if not found.recordings:
            say(f"Share {shard} has none of the {total} recordings")
            return 0
    engines = choose_engines(settings)
    redo = wish.redo or settings.output.force
    failed = failures_of(previous)
    plan = plan_batch(
        found, settings, engines,
        failed=failed, only_failed=wish.retry_failed, redo=redo, waits_for=gate_of(settings),
    )  # fmt: skip
    reporter = Reporter(plan, engines, None if wish.dry_run else path, previous)
    forecast = f"{engines.summary}\n{estimate(plan, known_speed(engines.engine, engines.model.sha256))}"
    tell = choose_display(settings.display, terminal=False)
    if wish.dry_run and wish.as_json:
        click.echo(encoded(reporter.report).decode().rstrip())
    elif wish.dry_run and settings.display.progress == "json":
        for event in as_events(plan):
            tell(event)
    elif wish.dry_run:
        click.echo("\n".join(as_lines(plan)))
    if wish.dry_run:
        for line in forecast.splitlines():
            tell(Noticed(line))
        return 0
    if path:
        check_report_path(path, plan)
    members = _cluster(wish, settings, engines) if wish.cluster else None
    return _run(plan, settings, engines, reporter, forecast, members)


def _cluster(wish: Wish, settings: Settings, engines: Engines) -> OpenCluster:
    """What opens the cluster that was asked for; what cannot work is refused before anything is done."""
    from transcribe.cluster.addresses import scheduler_address
    from transcribe.cluster.certificates import identity_of
    from transcribe.cluster.submitter import check_settings, open_cluster

    if wish.certs is None:
        raise UsageError("--cluster needs certificates", "Name this machine's folder with --certs DIR")
    check_settings(settings)
    place, identity = scheduler_address(wish.cluster or ""), identity_of(wish.certs)
    return partial(open_cluster, place, identity, settings, engines)


def _report_path(wish: Wish, settings: Settings, shard: Shard | None) -> Path | None:
    from transcribe.jobs.find import folder_of
    from transcribe.jobs.plan import waiting_folder
    from transcribe.jobs.report import NAME

    if wish.no_report:
        return None
    folder = settings.output.output
    place = expanded(folder) if folder else folder_of(wish.paths)
    if settings.output.require_approval:
        place = waiting_folder(place, settings)  # nothing but what is approved is in the other one
    return wish.report or place / (shard.report if shard else NAME)


def _run(
    plan: Plan,
    settings: Settings,
    engines: Engines,
    reporter: Reporter,
    forecast: str,
    open_members: OpenCluster | None,
) -> int:
    """Do it, and say what became of it; the report is whole also when this is interrupted."""
    from transcribe.archive.follow import keeping
    from transcribe.cli.batch_display import open_batch_display
    from transcribe.control.gate import gate_of
    from transcribe.jobs.assemble.writer import choose_writer
    from transcribe.jobs.report import summary
    from transcribe.jobs.run_many import transcribe_jobs
    from transcribe.jobs.speed import remember_speed
    from transcribe.pipeline.ports import Run

    open_writer = choose_writer(settings)
    talks = not settings.display.quiet and settings.display.progress != "json"
    if talks:
        click.echo(forecast, err=True)
    reporter.save()
    interrupted = True
    try:
        with open_batch_display(settings.display, plan) as display:
            progress = keeping(display, settings)
            jobs = [each.job for each in plan.due]
            run = Run(settings, engines, progress, open_writer, gate_of(settings))
            if open_members is None or not jobs:
                transcribe_jobs(jobs, run, reporter.progress_of(progress))
            else:
                with open_members(progress) as members:
                    run = replace(run, elsewhere=members.bring)
                    transcribe_jobs(jobs, run, reporter.progress_of(progress), members.most)
        interrupted = False
    finally:
        reporter.end(interrupted=interrupted)
        remember_speed(engines.engine, engines.model.sha256, *reporter.measured)
    report = reporter.report
    if talks or (report.exit_code and settings.display.progress != "json"):
        click.echo(summary(report, reporter.path), err=True)
    if talks:
        _tell_unsigned(settings)
    return report.exit_code


def _tell_unsigned(settings: Settings) -> None:
    """Say that manifests of earlier runs are not signed, where those of this one are."""
    from transcribe.control.sign import unsigned

    key, folder = settings.output.sign_key, settings.output.output
    if key and folder and (count := unsigned(expanded(folder))):
        what = "1 earlier manifest has" if count == 1 else f"{count} earlier manifests have"
        say(f"{what} no signature; to sign them: transcribe keys sign {folder} --sign-key {key}", error=True)
