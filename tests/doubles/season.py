"""A folder of recordings and batches over it, with engines that are doubles."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio import Studio

from transcribe.control.gate import gate_of
from transcribe.core.events import Progress, silent
from transcribe.core.settings import Settings
from transcribe.jobs.due import Plan, plan_batch
from transcribe.jobs.find import find_recordings
from transcribe.jobs.report import BatchReport, failures_of, read_report
from transcribe.jobs.reporter import Reporter
from transcribe.jobs.run_many import transcribe_jobs
from transcribe.pipeline.ports import Engines, Run


class Season:
    """Recordings in `in`, results in `out`, a work directory in `work`, all below the current folder.

    Attributes:
        studio: Counts what is asked of the engines.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.studio = Studio()

    def record(self, *names: str, content: str = "") -> None:
        """Make or change recordings."""
        for name in names:
            path = self.folder / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content or f"what is said in {name}", "utf-8")

    def plan(self, *, model: str = "double", failed: Mapping[str, str] | None = None, **options: Any) -> Plan:
        """What a batch would do; `redo` and `only_failed` are the plan's own."""
        how = {name: options.pop(name) for name in ("redo", "only_failed") if name in options}
        settings = self.settings(**options)
        out = Path(settings.output.output) if settings.output.output else None
        found = find_recordings(["in"], output=out)
        gate = gate_of(settings)
        engines = self.studio.engines(model)
        return plan_batch(found, settings, engines, failed=failed or {}, waits_for=gate, **how)

    def settings(self, **options: Any) -> Settings:
        return Settings.of(**{"output": "out", "formats": ("txt", "json")} | options)

    def reasons(self, **options: Any) -> dict[str, str]:
        """Why each recording would be done; what would be left alone is not there."""
        plan = self.plan(**options)
        return {Path(each.job.source).relative_to("in").as_posix(): each.reason for each in plan.due}

    def run(self, *, model: str = "double", tell: Progress = silent, **options: Any) -> BatchReport:
        """One batch from beginning to end."""
        path = Path("reports/report.json" if options.get("require_approval") else "out/report.json")
        previous = read_report(path)
        plan = self.plan(model=model, failed=failures_of(previous), **options)
        engines = self.studio.engines(model)
        reporter = Reporter(plan, engines, path, previous)
        options = {name: value for name, value in options.items() if name not in ("redo", "only_failed")}
        self.work_on(plan, engines, reporter, tell, **options)
        reporter.end(interrupted=False)
        return reporter.report

    def work_on(
        self, plan: Plan, engines: Engines, reporter: Reporter, tell: Progress = silent, **options: Any
    ) -> None:
        jobs, settings = [each.job for each in plan.due], self.settings(**options)
        run = Run(settings, engines, waits_for=gate_of(settings))
        transcribe_jobs(jobs, run, reporter.progress_of(tell))

    def statuses(self, report: BatchReport) -> dict[str, str]:
        return {os.path.relpath(each.source, self.folder / "in"): each.status for each in report.files}

    def clean(self) -> None:
        """What a user does who needs room: the cache is gone."""
        import shutil

        shutil.rmtree(self.folder / "work")
