"""Whether published files are what their manifests say, and whether the manifests are all there, in order.

Nothing is sent or looked up. Whoever can rewrite a whole folder can rewrite its chain: only a head that was
kept elsewhere proves that nothing was taken away (`Chain.head`). Manifests that a purge has removed are
listed in its record, which is a link of the chain (`jobs/retention.py`): of these the digests are enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from transcribe.core.digest import file_digest
from transcribe.core.errors import InputError
from transcribe.core.reading import read_regular, walked
from transcribe.jobs.approvals import missing_approval, sidecar_of
from transcribe.jobs.chain import EARLIER, HEAD, digest, manifest_path, signature_path
from transcribe.jobs.manifest import NOT_TOLD, Link, Manifest, read_manifest
from transcribe.jobs.memory import FOLDER, PEOPLES, sidecars
from transcribe.jobs.retention import Gone, Retention, held, read_statement
from transcribe.jobs.signing import fault_of, public_keys
from transcribe.models.model_lock import read_lock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Kind = Literal[
    "missing", "altered", "manifest", "swapped", "replayed", "signature", "chain", "head", "unreadable",
    "purge", "approval", "model",
]  # fmt: skip
"""What can be wrong: a file is gone, or is another; a manifest is damaged, stands under another recording's
name, is an older one, or is not signed by a key that was expected; the chain has a gap, or another head than
was expected; something cannot be read; a purge was begun and is not done; an approval
is not of the words that are there; a model is in no lock."""

MODEL = "model/"
"""Begins the names of weights among what a run used."""

PURGING = "purging-"
"""Begins the name of the file that lies in the folder of a chain while a purge is under way."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        what: In words, with the name of the file.
    """

    kind: Kind
    what: str


@dataclass(frozen=True)
class Episode:
    """What is found of one recording.

    Attributes:
        name: The recording's.
        number: Where its manifest stands in the chain; 0: it cannot be read.
        files: How many of its files were compared.
        seal: How the network was shut off when they were made.
        attempts: How often a process was refused the network meanwhile; None where that is not known.
        hold: The legal hold that it is under; None: under none.
    """

    name: str
    number: int
    files: int
    findings: tuple[Finding, ...]
    seal: str = NOT_TOLD.seal
    attempts: int | None = None
    hold: Retention | None = None


@dataclass(frozen=True)
class Chain:
    """What is found in one folder.

    Attributes:
        head: Digest of the newest manifest; empty where there is none. Keep it elsewhere.
        length: How many manifests lead to it.
        findings: What concerns no single recording.
        purged: The records of purges, the newest first.
    """

    folder: Path
    head: str
    length: int
    episodes: tuple[Episode, ...]
    findings: tuple[Finding, ...]
    purged: tuple[Retention, ...] = ()

    @property
    def good(self) -> bool:
        """Whether everything is as it was published."""
        return not self.findings and not any(each.findings for each in self.episodes)


def folders_in(place: Path) -> list[Path]:
    """Every folder with published files and manifests, in `place` or below; links are not followed."""
    inside = walked(place, lambda name: name != FOLDER, lambda _: None)
    return sorted(Path(each) for each, _ in inside if (Path(each) / FOLDER).is_dir())


def verify(
    folder: Path, expected_head: str = "", keys: tuple[Path, ...] = (), locks: tuple[Path, ...] = ()
) -> Chain:
    """Compare the files in a folder with their manifests, and walk the chain.

    Args:
        expected_head: The head that was kept elsewhere, or its beginning; empty: none was.
        keys: Public keys, one of which has to have signed each manifest; empty: signatures are not read.
        locks: Model locks, each of which has to list every model that the newest manifests name.

    Raises:
        InputError: A key cannot be read.
        ModelError: A lock cannot be read.
        DependencyError: The package that verifies signatures is missing.
    """
    known = public_keys(keys) if keys else {}
    locked = {path: _digests_of(path) for path in locks}
    place = folder / FOLDER
    stored = stored_in(place)
    head = _read(place / HEAD)
    by_digest = {digest(content): content for content in stored.values() if content}
    walk = walked_chain(head, by_digest)
    findings, newest = list(walk.findings), walk.newest
    found = digest(head) if head else ""
    if expected_head and not found.startswith(expected_head.lower()):
        findings.append(
            Finding("head", f"the head is {found or 'missing'}, and {expected_head} was expected")
        )
    findings += _loose(stored, place)
    findings += [
        Finding("purge", "a purge was begun and is not done: give the command again")
        for _ in place.glob(f"{PURGING}*")
    ]
    episodes = tuple(
        replace(
            each,
            hold=held(walk.retentions, each.name),
            findings=(*each.findings, *_unlocked(place, each.name, locked)),
        )
        for each in (
            _episode(folder, path, content, newest)
            for path, content in stored.items()
            if path.parent == place
        )
    )
    seen = {each.name for each in episodes}
    gone = [name for name in newest if name not in seen]
    findings += [Finding("missing", f"the manifest of {name} is gone") for name in gone]
    if known:
        findings += _unsigned(place, {*by_digest.values(), head or b""}, known)
    purged = tuple(each for each in walk.retentions if each.action == "purge")
    return Chain(folder, found, walk.length, episodes, tuple(findings), purged)


def stored_in(place: Path) -> dict[Path, bytes | None]:
    """Every statement in the folder of a chain, with its content; None where it cannot be read."""
    return {path: _read(path) for path in sorted([*place.glob("*.json"), *(place / EARLIER).glob("*.json")])}


@dataclass(frozen=True)
class Walk:
    """A chain from its head to its first link.

    Attributes:
        newest: The digest of the newest manifest of each recording that was not purged, by its name.
        retentions: Holds, releases and purges, the newest first.
        findings: Where it breaks.
    """

    newest: Mapping[str, str]
    length: int
    retentions: tuple[Retention, ...]
    findings: tuple[Finding, ...]


def walk_of(place: Path) -> Walk:
    """The chain in a folder."""
    by_digest = {digest(content): content for content in stored_in(place).values() if content}
    return walked_chain(_read(place / HEAD), by_digest)


def walked_chain(head: bytes | None, by_digest: Mapping[str, bytes]) -> Walk:
    """A chain, link by link.

    Args:
        by_digest: All statements that are there. One that is not may be in the record of a purge that was
            passed before: a purge can only remove what is older.
    """
    newest: dict[str, str] = {}
    retentions: list[Retention] = []
    purged: dict[str, Gone] = {}
    back: list[Finding] = []

    def ended(length: int, *findings: Finding) -> Walk:
        return Walk(newest, length, tuple(retentions), (*back, *findings))

    if head is None:
        broken = [Finding("chain", "the head of the chain is missing")] if by_digest else []
        return ended(0, *broken)
    content: bytes | None = head
    length = expected = 0
    sha256 = digest(head)
    while True:
        if content is None:
            gone = purged.get(sha256)
            if gone is None:
                return ended(length, _broken(expected, "is missing or altered"))
            link = Link(gone.number, gone.previous)
        else:
            statement = read_statement(content)
            if statement is None:
                return ended(length, _broken(expected, "is altered"))
            link = statement.link
            if isinstance(statement, Retention):
                retentions.append(statement)
                purged |= {each.sha256: each for each in statement.gone}
            elif sha256 in purged:
                back.append(Finding("purge", f"manifest {link.number} was purged, and is there"))
            else:
                newest.setdefault(statement.name, sha256)
        if (expected and link.number != expected) or (link.number == 1) == bool(link.previous):
            return ended(length, _broken(expected, f"says that it is number {link.number}"))
        length += 1
        if not link.previous:
            return ended(length)
        expected, sha256 = link.number - 1, link.previous
        content = by_digest.get(sha256)


def _broken(number: int, how: str) -> Finding:
    return Finding(
        "chain", f"{f'manifest {number} of the chain' if number else 'the head of the chain'} {how}"
    )


def _digests_of(lock: Path) -> frozenset[str]:
    return frozenset(file.sha256 for model in read_lock(lock) for file in model.files)


def _unlocked(place: Path, name: str, locked: Mapping[Path, frozenset[str]]) -> Iterator[Finding]:
    """Models of a recording's newest manifest that a lock does not list."""
    content = _read(manifest_path(place, name)) if locked else None
    manifest = read_manifest(content) if content else None
    for each in manifest.making.materials if manifest else ():
        for path, digests in locked.items():
            if each.name.startswith(MODEL) and each.sha256 not in digests:
                yield Finding(
                    "model", f"{each.name.removeprefix(MODEL)} ({each.sha256[:16]}…) is not in {path}"
                )


def _loose(stored: Mapping[Path, bytes | None], place: Path) -> Iterator[Finding]:
    """Earlier manifests under another name than their digest."""
    for path, content in stored.items():
        if path.parent != place and (content is None or path.stem != digest(content)):
            yield Finding("manifest", f"{EARLIER}/{path.name} is altered")


def _unsigned(
    place: Path, contents: Iterable[bytes], keys: Mapping[str, Ed25519PublicKey]
) -> Iterator[Finding]:
    """Manifests, earlier ones too, that none of the keys has signed."""
    for content in contents:
        said = read_statement(content)  # what is none is told already
        if said and (fault := fault_of(_read(signature_path(place, content)), content, keys)):
            of = said.name if isinstance(said, Manifest) else f"a {said.action}"
            yield Finding("signature", f"manifest {said.link.number}, of {of}, {fault}")


def _episode(folder: Path, path: Path, content: bytes | None, newest: Mapping[str, str]) -> Episode:
    manifest = read_manifest(content) if content else None
    if content is None or manifest is None:
        old = b'{"checksum"' in (content or b"")[:20]
        how = "is of an earlier version: transcribe it again" if old else "is no manifest, or is altered"
        return Episode(path.stem, 0, 0, (Finding("manifest", f"{path.name} {how}"),))
    findings = []
    if manifest_path(path.parent, manifest.name) != path:
        findings.append(Finding("swapped", f"{path.name} is the manifest of {manifest.name}"))
    elif newest.get(manifest.name) != digest(content):
        findings.append(Finding("replayed", f"{path.name} is not the newest manifest of {manifest.name}"))
    files = list(_files(folder, manifest))
    if (folder / manifest.name).exists():  # else it lies elsewhere, or was removed
        files.append((manifest.name, manifest.recording.sha256))
    findings += [found for name, sha256 in files for found in _compared(folder, name, sha256)]
    findings += [found for name in manifest.files if (found := _approval(folder, name))]
    compared = sum(1 for _, sha256 in files if sha256)
    making = manifest.making
    return Episode(
        manifest.name, manifest.link.number, compared, tuple(findings), making.seal, making.attempts
    )


def _approval(folder: Path, name: str) -> Finding | None:
    """What is wrong with the approval of a document that has one; None: nothing, or it is no document."""
    path = folder / name
    if not name.endswith(".json") or path.name != name or not sidecar_of(path).is_file():
        return None
    from transcribe.jobs.correct import opened

    try:
        missing = missing_approval(opened(path))
    except InputError as error:
        return Finding("approval", f"whether {name} is approved cannot be told: {error}")
    return Finding("approval", f"{name}: {missing}") if missing else None


def _files(folder: Path, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Names and digests of what was published, and of what people said of it; an empty one: nothing."""
    yield from ((name, each.sha256) for name, each in manifest.files.items() if each.sha256)
    said = {each.name: each.sha256 for each in manifest.making.materials if each.name.endswith(PEOPLES)}
    documents = [folder / name for name in manifest.files if name.endswith(".json")]
    said |= {path.name: said.get(path.name, "") for each in documents for path in sidecars(each)}
    yield from said.items()


def _compared(folder: Path, name: str, sha256: str) -> Iterator[Finding]:
    path = folder / name
    if path.name != name or name in ("", ".", ".."):
        yield Finding("manifest", f"{name!r} is no name of a file in the folder")
        return
    try:
        if file_digest(path) != sha256:
            how = "is not what was published" if sha256 else "is not in the manifest"
            yield Finding("altered", f"{name} {how}")
    except FileNotFoundError:
        if sha256:
            yield Finding("missing", f"{name} is gone")
    except (OSError, ValueError) as error:
        yield Finding("unreadable", f"{name} cannot be read: {getattr(error, 'strerror', '') or error}")


def _read(path: Path) -> bytes | None:
    try:
        return read_regular(path)
    except OSError:
        return None
