"""The manifest: what was made of a recording, with what, as one canonical JSON file that anybody can check.

It is an in-toto Statement (https://in-toto.io/Statement/v1) about the outputs; its body is SLSA provenance
(https://slsa.dev/provenance/v1). Canonical means: keys sorted, no spaces; what was read gives the same bytes
when it is written. So no flip of a bit is lost in reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from transcribe.core.text import from_json, to_canonical_json

STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:transcribe:transcript:1"
BUILDER = "urn:transcribe:program"


@dataclass(frozen=True)
class Seen:
    """A recording as it was when it was read.

    Attributes:
        modified_ns: When it was last modified, in ns since 1970.
        sha256: Hex digest of its bytes.
    """

    bytes: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True)
class Result:
    """One file that was made.

    Attributes:
        sha256: Hex digest of its bytes; empty where there was nothing to say, and so no file.
        made_of: Digest of the recording and of everything that had a say in the file.
    """

    sha256: str
    made_of: str


@dataclass(frozen=True)
class Material:
    """Something that a run used: weights, samples, corrections.

    Attributes:
        name: What it is: `audio`, `model/base`, `corrections`.
        sha256: Hex digest of its bytes.
        about: What else is known, such as the licence.
    """

    name: str
    sha256: str
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Link:
    """Where a manifest stands in the chain of its folder.

    Attributes:
        number: From 1; 0: in none.
        previous: Hex digest of the manifest before it; empty for the first.
    """

    number: int = 0
    previous: str = ""


@dataclass(frozen=True)
class Making:
    """How a run went.

    Attributes:
        programs: Name and version of everything that computed, by what it does.
        started: When, in UTC (RFC 3339); `finished` likewise.
        stages_ms: How long each stage took, in ms; those that an earlier run had done are not there.
        seal: How the network was shut off: `none` where it was not.
        attempts: How often a process was refused the network meanwhile; None where that is not known.
        machine: Name of the machine that recognised; empty: the one that published.
    """

    programs: Mapping[str, str] = field(default_factory=dict)
    started: str = ""
    finished: str = ""
    stages_ms: Mapping[str, int] = field(default_factory=dict)
    materials: tuple[Material, ...] = ()
    seal: str = "none"
    attempts: int | None = None
    machine: str = ""


NOT_TOLD = Making()


@dataclass(frozen=True)
class Manifest:
    """What was made of one recording.

    Attributes:
        name: Of the recording.
        made_with: Everything that had a say in the files then, by the names of the options
            (`fingerprint.made_with`).
        files: Every file that was made of it, now or earlier, by its name in the folder.
        audio_ms: How much of it was transcribed, in ms.
        speech_ms: How much speech it has, in ms.
        missing_ms: How much of that has no words, in ms.
        to_check: How many passages somebody should listen to.
    """

    name: str
    recording: Seen
    made_with: Mapping[str, str]
    files: Mapping[str, Result]
    audio_ms: int
    speech_ms: int
    missing_ms: int
    to_check: int
    making: Making = NOT_TOLD
    link: Link = Link()


def write_manifest(manifest: Manifest) -> bytes:
    """The manifest as canonical JSON, on one line."""
    return to_canonical_json(_statement(manifest)) + b"\n"


def read_manifest(content: bytes) -> Manifest | None:
    """What `write_manifest` was given; None where it is anything else, down to the last bit."""
    try:
        found = _manifest(from_json(content, dict))
        return found if write_manifest(found) == content else None
    except (msgspec.MsgspecError, UnicodeDecodeError, LookupError, TypeError, ValueError, AttributeError):
        return None


def _statement(manifest: Manifest) -> dict[str, Any]:
    making, seen = manifest.making, manifest.recording
    made = {name: each for name, each in manifest.files.items() if each.sha256}
    nothing = {name: each.made_of for name, each in manifest.files.items() if not each.sha256}
    coverage = {each: getattr(manifest, each) for each in ("audio_ms", "speech_ms", "missing_ms", "to_check")}
    recording = Material(
        "recording", seen.sha256, {"bytes": str(seen.bytes), "modified_ns": str(seen.modified_ns)}
    )
    return {
        "_type": STATEMENT,
        "subject": [
            _resource(Material(name, each.sha256, {"made_of": each.made_of}))
            for name, each in sorted(made.items())
        ],
        "predicateType": PROVENANCE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"recording": manifest.name, "settings": dict(manifest.made_with)},
                "internalParameters": {"seal": making.seal}
                | _counted(making.attempts)
                | _named(making.machine),
                "resolvedDependencies": [_resource(each) for each in (recording, *making.materials)],
            },
            "runDetails": {
                "builder": {"id": BUILDER, "version": dict(making.programs)},
                "metadata": {"startedOn": making.started, "finishedOn": making.finished},
                "byproducts": [
                    {"name": "coverage", "annotations": coverage},
                    {"name": "stages_ms", "annotations": dict(making.stages_ms)},
                    {"name": "nothing_to_say", "annotations": nothing},
                    {
                        "name": "previous",
                        "digest": {"sha256": manifest.link.previous} if manifest.link.previous else {},
                        "annotations": {"number": manifest.link.number},
                    },
                ],
            },
        },
    }  # fmt: skip


def _counted(attempts: int | None) -> dict[str, int]:
    return {} if attempts is None else {"attempts": attempts}


def _named(machine: str) -> dict[str, str]:
    return {"machine": machine} if machine else {}


def _resource(material: Material) -> dict[str, Any]:
    found: dict[str, Any] = {"name": material.name, "digest": {"sha256": material.sha256}}
    return found | ({"annotations": dict(material.about)} if material.about else {})


def _manifest(statement: dict[str, Any]) -> Manifest:
    predicate = statement["predicate"]
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    recording, *materials = map(_material, definition["resolvedDependencies"])
    coverage, stages, nothing, previous = details["byproducts"]
    files = {
        each.name: Result(each.sha256, each.about["made_of"]) for each in map(_material, statement["subject"])
    }
    files |= {name: Result("", made_of) for name, made_of in nothing["annotations"].items()}
    asked = definition["externalParameters"]
    return Manifest(
        name=asked["recording"],
        recording=Seen(int(recording.about["bytes"]), int(recording.about["modified_ns"]), recording.sha256),
        made_with=asked["settings"],
        files=files,
        **coverage["annotations"],
        making=Making(
            details["builder"]["version"],
            details["metadata"]["startedOn"],
            details["metadata"]["finishedOn"],
            stages["annotations"],
            tuple(materials),
            definition["internalParameters"]["seal"],
            definition["internalParameters"].get("attempts"),
            definition["internalParameters"].get("machine", ""),
        ),
        link=Link(previous["annotations"]["number"], previous["digest"].get("sha256", "")),
    )


def _material(resource: dict[str, Any]) -> Material:
    return Material(resource["name"], resource["digest"]["sha256"], resource.get("annotations", {}))
