"""Everything that is known of an episode on this machine; nothing is changed by looking."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from transcribe.control.purge.episode import Episode, manifests_in
from transcribe.control.purge.ledgers import Ledger, Locks
from transcribe.control.purge.plan import Plan, Wish
from transcribe.control.verify import walk_of
from transcribe.core.digest import file_digest
from transcribe.core.errors import InputError, TranscribeError
from transcribe.core.places import work_root
from transcribe.core.reading import read_regular
from transcribe.core.text import readable
from transcribe.core.workspace import Workspace
from transcribe.formats import review
from transcribe.formats.known import FORMATS
from transcribe.jobs.chain import manifest_path
from transcribe.jobs.memory import FOLDER, PEOPLES, sidecars
from transcribe.jobs.publish.outputs import Published, target_path
from transcribe.jobs.queue import PENDING, Queue, QueuedJob
from transcribe.jobs.report import NAME as REPORT
from transcribe.jobs.report import read_report
from transcribe.jobs.retention import held
from transcribe.jobs.waiting_places import PUBLISHED, WAITING, told
from transcribe.pipeline.speakers.register import Register

_DIGITS = re.compile("[0-9a-f]{32}")
STILL_THERE = "the recording, which --recording removes, too; a batch that finds it transcribes it again"


def plan_purge(episode: Episode, wish: Wish, ledgers: Sequence[Ledger], locks: Locks) -> Plan:
    """What would go, what would stay, and what speaks against it.

    Args:
        locks: Takes the locks of all that would be changed; while it is open, nobody else uses that.
    """
    plan = Plan(episode)
    _check_chain(plan)
    published = _work(plan, wish, ledgers, locks)
    made = wish.paths | {each.path for each in published}
    recordings = [episode.folder / episode.name, *_reports(plan, wish, made)]
    for each in ledgers:
        recordings += _rows(plan, wish, each, locks)
    _files(plan, wish, published)
    _recordings(plan, wish, recordings)
    _voices(plan)
    return plan


def _check_chain(plan: Plan) -> None:
    """Refuse what is held, and where it cannot be told whether it is."""
    episode = plan.episode
    others = [] if episode.job else [*told(episode.folder, PUBLISHED), *told(episode.folder, WAITING)]
    for place in (episode.place, *(each / FOLDER for each in others)):
        walk = walk_of(place)
        where = "" if place == episode.place else f" in {place.parent}"
        for each in walk.findings:
            if each.kind == "chain":
                doubt = "whether there is a legal hold cannot be told; transcribe verify says more"
                plan.refuse(f"{each.what}{where}: {doubt}")
        if hold := held(walk.retentions, episode.name):
            plan.refuse(f"a legal hold is on it{where} since {hold.at}, by {hold.by}: release it first")


# Work directories.


def _work(plan: Plan, wish: Wish, ledgers: Sequence[Ledger], locks: Locks) -> set[Published]:
    """Put down the work directories; the files that they have published."""
    found: set[Published] = set()
    own = plan.episode.paths
    wanted = {each[:32] for each in plan.episode.digests}
    folders = [(root, key) for root in _roots(ledgers) for key in _keys(root)]
    made = {(root, key): _published(root, key) for root, key in folders}
    for (root, key), files in made.items():  # several tracks together have one of their own
        if own & {each.path for each in files}:
            wanted |= {key.partition("/")[0], *_tracks(Workspace(root, key))}
    for root, key in folders:
        if key.partition("/")[0] not in wanted:
            continue
        work = Workspace(root, key)
        if not locks.work(work):
            plan.refuse(f"a run is at work in {work.path}")
            continue
        _check_exports(plan, wish, work.path, made[root, key])
        found.update(made[root, key])
        plan.remove("work directory", work.path, kind="folder")
        plan.remove("lock of a work directory", Path(f"{work.path}.lock"))
    return found


def _roots(ledgers: Sequence[Ledger]) -> list[Path]:
    own = [each.work for each in ledgers if each.work]
    return [each for each in dict.fromkeys((work_root(), *own)) if each.is_dir()]


def _keys(root: Path) -> Iterator[str]:
    for recording in sorted(root.iterdir()):
        if _DIGITS.fullmatch(recording.name) and recording.is_dir() and not recording.is_symlink():
            for job in sorted(recording.iterdir()):
                if _DIGITS.fullmatch(job.name) and job.is_dir() and not job.is_symlink():
                    yield f"{recording.name}/{job.name}"


def _published(root: Path, key: str) -> list[Published]:
    return Workspace(root, key).load("published", list[Published]) or []


def _tracks(work: Workspace) -> list[str]:
    said: dict[str, Any] = work.load("tracks", dict) or {}
    with suppress(LookupError, TypeError):
        return [str(each["sha256"])[:32] for each in said["tracks"]]
    return []


def _check_exports(plan: Plan, wish: Wish, work: Path, published: Sequence[Published]) -> None:
    """See whose the files are that a work directory has published, and put down those of this episode.

    A transcript in another folder is another episode; other files there were exported from this one.
    """
    there = {Path(each.path): each.sha256 for each in published if os.path.lexists(each.path)}
    documents = [path for path in there if path.suffix == ".json" and not path.name.endswith(PEOPLES)]
    for path, sha256 in there.items():
        if str(path) in wish.paths or (plan.episode.job and path.parent == plan.episode.folder):
            continue  # of a job, all of its folder goes
        others = [each for each in documents if each.parent == path.parent != plan.episode.folder]
        if others:
            if not any(str(each) in wish.paths for each in others):
                plan.refuse(f"another episode uses {work}: purge {others[0]}, too")
            continue
        owner = _owner(path)
        if owner is None:
            _export(plan, wish, path, {sha256})
        elif not wish.has(path.parent, owner):
            plan.refuse(f"another episode uses {work}: purge {path.parent / owner}, too")


def _owner(path: Path) -> str | None:
    """The recording whose manifest lists a file."""
    return next((each.name for each in manifests_in(path.parent) if path.name in each.files), None)


def _export(plan: Plan, wish: Wish, path: Path, sha256s: set[str]) -> None:
    try:
        found = file_digest(path)
    except OSError as error:
        plan.keep(path, f"it cannot be read: {error.strerror or error}", incomplete=True)
        return
    if found in sha256s or wish.force:
        plan.remove("published file", path, sha256=found)
        if path.suffix == ".json":
            _sidecars(plan, path)
    else:
        plan.keep(
            path, "somebody has changed it, or it is not known who made it: see --force", incomplete=True
        )


# What lies beside the document.


def _files(plan: Plan, wish: Wish, published: Iterable[Published]) -> None:
    episode = plan.episode
    if episode.job:
        plan.remove("recording and results in the server", episode.folder, kind="folder")
        return
    known = dict(episode.files)
    made = {each.path: each.sha256 for each in published}
    for name, sha256 in known.items():
        path = episode.folder / name
        if os.path.lexists(path):
            sure = (
                {sha256, made.get(str(path), "")}
                if sha256
                else {made.get(str(path), ""), *_own(path, episode)}
            )
            _export(plan, wish, path, sure)
    for suffix in dict.fromkeys((*(each.suffix for each in FORMATS.values()), review.SUFFIX)):
        path = target_path(episode.folder, episode.name, suffix)
        if path.name not in {*known, episode.name} and os.path.lexists(path) and _owner(path) is None:
            _export(plan, wish, path, {made.get(str(path), "")})
    for each in episode.documents:
        _sidecars(plan, each)
    record = manifest_path(episode.place, episode.name)
    for path, what in (
        (record, "manifest, and those before it"),
        (record.with_suffix(".seen"), "time of the recording"),
    ):
        if path.exists():
            plan.remove(what, path)


def _own(path: Path, episode: Episode) -> list[str]:
    """The digest of a document that was named itself."""
    return [file_digest(path)] if path in episode.documents else []


def _sidecars(plan: Plan, document: Path) -> None:
    for path in sidecars(document):
        if os.path.lexists(path):
            plan.remove("what people said of it", path)


# Ledgers and reports.


def _rows(plan: Plan, wish: Wish, ledger: Ledger, locks: Locks) -> list[Path]:
    """Put down the jobs of a ledger; where their recordings lie."""
    if not ledger.path.is_file():
        return []
    queue = Queue(ledger.path)
    try:
        jobs = [each for each in queue.jobs() if _concerns(each, ledger, plan.episode)]
    finally:
        queue.close()
    if not jobs:
        return []
    if not locks.ledger(ledger):
        plan.refuse(f"a {ledger.owner} is at work with {ledger.path.parent}: stop it first")
        return []
    found: list[Path] = []
    for job in jobs:
        found += _row(plan, wish, ledger, job)
    if ledger.beat and any(_mentions(ledger.beat, each.name) for each in jobs):
        plan.remove("what the watcher did last", ledger.beat)
    return found


def _concerns(job: QueuedJob, ledger: Ledger, episode: Episode) -> bool:
    if episode.job and ledger.jobs == episode.folder.parent and job.name == episode.job:
        return True
    digests = {job.sha256, *job.begun}
    return bool(digests & episode.digests) or any(each.path in episode.paths for each in job.outputs)


def _row(plan: Plan, wish: Wish, ledger: Ledger, job: QueuedJob) -> list[Path]:
    recordings: list[Path] = []
    if job.state in PENDING:
        plan.refuse(
            f"{readable(job.name)} is {job.state} in {ledger.path}: wait until it is done, or cancel it"
        )
    if ledger.jobs:
        if not wish.has_job(ledger.jobs, job.name):
            document = ledger.jobs / job.name / "transcript.json"
            plan.refuse(f"a job of the server has the same recording: purge {document}, too")
    else:
        recordings = _watched(plan, wish, ledger, job)
    plan.remove("job, with its history and messages", ledger.path, kind="rows", key=job.name)
    return recordings


def _watched(plan: Plan, wish: Wish, ledger: Ledger, job: QueuedJob) -> list[Path]:
    """Put down what a watcher has made of a recording; where that lies."""
    _check_exports(plan, wish, ledger.path, job.outputs)
    inbox = ledger.inbox / job.name if ledger.inbox else None
    if inbox and inbox.is_file() and not wish.recording:
        plan.refuse(f"{inbox} is in a watched folder, and would be transcribed again: give --recording")
    for each in ledger.notes(job.name):
        if each.is_file():
            plan.remove("why it failed", each)
    return [each for each in (inbox, Path(job.moved_to) if job.moved_to else None) if each]


def _mentions(path: Path, name: str) -> bool:
    try:
        return readable(name).encode() in read_regular(path) if path.is_file() else False
    except OSError:
        return False


def _reports(plan: Plan, wish: Wish, made: Iterable[str]) -> list[Path]:
    """Put down the entries of batches' reports; where they say that the recording lies.

    Args:
        made: Paths of files that were made of it.
    """
    own = set(map(readable, made))
    recordings: list[Path] = []
    own_folders = dict.fromkeys(each.folder for each in wish.episodes)
    waiting = [there for each in own_folders for there in told(each, WAITING)]
    folders = [folder for each in (*own_folders, *waiting) for folder in (each, *each.parents)]
    for path in (each for folder in dict.fromkeys(folders) for each in _reports_in(folder)):
        try:
            report = read_report(path) if path.is_file() and not path.is_symlink() else None
        except TranscribeError:
            continue  # something else of that name
        for each in report.files if report else []:
            if own & set(each.outputs):
                plan.remove("entry of a report", path, kind="entry", key=each.source)
                recordings.append(Path(each.source))
    return recordings


def _reports_in(folder: Path) -> Iterator[Path]:
    """The reports of batches in a folder; those of shares, too."""
    yield folder / REPORT
    yield from sorted(folder.glob("report-*-of-*.json"))


# What the episode was made of, and what was made of it.


def _recordings(plan: Plan, wish: Wish, places: Sequence[Path]) -> None:
    if plan.episode.job:
        return  # it goes with the job's folder
    there = [
        each for each in dict.fromkeys(places) if each.is_file() and _digest(each) in plan.episode.digests
    ]
    for each in there:
        if wish.recording:
            plan.remove("recording", each, sha256=_digest(each))
        else:
            plan.keep(each, STILL_THERE)
    if wish.recording and not there:
        plan.keep(plan.episode.folder / plan.episode.name, "the recording was not found", incomplete=True)


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError:
        return ""


def _voices(plan: Plan) -> None:
    register = Register()
    with suppress(InputError):
        for each in register.enrolled():
            if each.source == plan.episode.name:
                plan.keep(
                    register.path(each.name),
                    "a voice that was registered from a recording of this name, for other episodes, too: "
                    f"transcribe voices delete {each.name!r}",
                )
