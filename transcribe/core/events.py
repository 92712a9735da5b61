"""What a running job tells the outside: events, handed to one function; silent by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from transcribe.core.episode import Segment


@dataclass(frozen=True)
class FileStarted:
    """Work on a recording begins.

    Attributes:
        number: Position among the files of this run, from 1.
    """

    name: str
    number: int = 1
    count: int = 1


@dataclass(frozen=True)
class StageStarted:
    """A stage begins.

    Attributes:
        stage: Its name as in DESIGN: probe, normalise, detect, plan, recognise, stitch, publish.
        total_ms: How much recording it has to go through, in ms; None when not known.
    """

    stage: str
    total_ms: int | None = None


@dataclass(frozen=True)
class StageAdvanced:
    """A stage has gone through `done_ms` of recording in all (not since the last event).

    Attributes:
        resumed_ms: How much of that was found finished from an earlier run, in ms.
    """

    stage: str
    done_ms: int
    resumed_ms: int = 0


@dataclass(frozen=True)
class StageFinished:
    """A stage is done.

    Attributes:
        resumed: Whether its result was found finished from an earlier run.
    """

    stage: str
    resumed: bool = False


@dataclass(frozen=True)
class WriterAdvanced:
    """A language model that writes notes has begun its next answer.

    Attributes:
        part: What it writes, such as `takeaways`.
        total: Answers in all, as far as that is known.
        tokens_per_second: How fast it wrote the last one; 0 where not known.
    """

    part: str
    done: int
    total: int
    tokens_per_second: float = 0.0


@dataclass(frozen=True)
class LanguageDetected:
    """The language of a recording was detected; of several, the one spoken most.

    Attributes:
        code: ISO 639-1 code.
        probability: How sure the detection is, 0 to 1.
        share: How much of the speech is in it, 0 to 1.
        summary: The same for people.
    """

    code: str
    probability: float
    share: float
    summary: str


@dataclass(frozen=True)
class SpeakersTold:
    """The speakers of a recording were told apart.

    Attributes:
        names: What they are called, in the order in which they first speak.
        summary: The same for people.
    """

    names: tuple[str, ...]
    summary: str


@dataclass(frozen=True)
class SegmentRecognised:
    """The next segment of the transcript is known; events come in the recording's order."""

    segment: Segment


@dataclass(frozen=True)
class TrackStarted:
    """Work on one of several tracks of a recording begins.

    Attributes:
        name: The file's name, with the channel if it is one.
        number: Position among the tracks, from 1.
    """

    name: str
    speaker: str
    number: int
    count: int


@dataclass(frozen=True)
class TrackPlaced:
    """It is known where a track lies on the common timeline, and what comes over from other tracks.

    Attributes:
        name: The file's name, with the channel if it is one.
        drift_ppm: How much longer everything lasts there than on its own clock, in millionths.
        placed: How that is known: reference, found, chosen, together, stated or assumed.
        bleed: How much quieter others are heard on it than on their own tracks, in dB, by track.
    """

    name: str
    speaker: str
    offset_ms: int
    drift_ppm: float
    placed: str
    bleed: tuple[tuple[str, float], ...]

    @property
    def summary(self) -> str:
        """For people, such as "guest.wav (Guest): starts at 1.203 s, clock off by 12.5 ppm"."""
        facts = []
        if self.placed != "together":
            facts.append(f"starts at {self.offset_ms / 1000:.3f} s{_HOW[self.placed]}")
        if self.drift_ppm:
            facts.append(f"clock off by {self.drift_ppm:.1f} ppm")
        facts += [f"hears {name} at {level:.0f} dB" for name, level in self.bleed] or ["hears nobody else"]
        return f"{self.name} ({self.speaker}): {', '.join(facts)}"


_HOW = {
    "found": ", found in the sound",
    "chosen": ", as you chose",
    "stated": ", by the files' time stamps",
    "reference": "",
    "assumed": ", assumed",
}


@dataclass(frozen=True)
class Warned:
    """Something people should know that did not make the job fail."""

    message: str


@dataclass(frozen=True)
class Noticed:
    """Something happened that nobody has to act on."""

    message: str


@dataclass(frozen=True)
class FileFinished:
    """A recording is published.

    Attributes:
        audio_ms: How much of it was transcribed, in ms.
    """

    name: str
    outputs: tuple[str, ...]
    audio_ms: int = 0


@dataclass(frozen=True)
class FileUnapproved:
    """A recording is transcribed, and not published before somebody approves that.

    Attributes:
        reason: What it waits for.
        outputs: What waits.
        audio_ms: How much of it was transcribed, in ms.
    """

    name: str
    reason: str
    outputs: tuple[str, ...]
    audio_ms: int = 0

    @property
    def summary(self) -> str:
        """For people."""
        return f"waiting for approval: {self.reason}"


@dataclass(frozen=True)
class FilePlanned:
    """What a batch would do with a recording, told by `--dry-run`.

    Attributes:
        action: `run`, `skip`, `wait` (for approval) or `left out`.
        audio_ms: How long it is, in ms; None where not known.
    """

    name: str
    action: str
    reason: str
    audio_ms: int | None = None


@dataclass(frozen=True)
class FileSkipped:
    """A recording needs no work any more, because another run has done it meanwhile."""

    name: str
    reason: str


@dataclass(frozen=True)
class Covered:
    """How much of a recording's speech became words.

    Attributes:
        percent: 0 to 100; 100 where nobody speaks.
        summary: The same for people.
    """

    name: str
    percent: float
    to_check: int
    summary: str


@dataclass(frozen=True)
class FileFailed:
    """A recording could not be transcribed; the run goes on with the next one."""

    name: str
    message: str
    exit_code: int


@dataclass(frozen=True)
class MachineAdvanced:
    """Another machine is at work on a recording, and that far.

    Attributes:
        name: The recording's.
        stage: `bring` while the recording is sent there; else a stage of the recipe.
        total_ms: How much recording the stage has to go through, in ms; None when not known.
    """

    name: str
    machine: str
    stage: str
    done_ms: int = 0
    total_ms: int | None = None

    @property
    def summary(self) -> str:
        """For people, such as "studio-2: recognise 40 %"."""
        percent = f" {100 * self.done_ms // self.total_ms} %" if self.total_ms else ""
        return f"{self.machine}: {self.stage}{percent}"


Event = (
    FileStarted
    | StageStarted
    | StageAdvanced
    | StageFinished
    | WriterAdvanced
    | LanguageDetected
    | SpeakersTold
    | SegmentRecognised
    | TrackStarted
    | TrackPlaced
    | Warned
    | Noticed
    | FileFinished
    | FileUnapproved
    | FilePlanned
    | FileSkipped
    | Covered
    | FileFailed
    | MachineAdvanced
)

Progress = Callable[[Event], None]


class HeldBack:
    """Keeps events until they are released, except those of other machines; lets later ones through."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._held: list[Event] | None = []

    def __call__(self, event: Event) -> None:
        """Tell, now or when it is time."""
        if self._held is None or isinstance(event, MachineAdvanced):
            self._progress(event)
        else:
            self._held.append(event)

    def release(self) -> None:
        """Tell what was held back; from now on nothing is."""
        held, self._held = self._held or [], None
        for event in held:
            self._progress(event)


def silent(event: Event) -> None:
    """Tell nobody."""
