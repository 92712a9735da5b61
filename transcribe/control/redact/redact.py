"""One redaction: words masked in texts and in a copy of the sound; nothing is published before the proof."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from transcribe.control.redact.choose import SPAN, WORDS, Chosen, Wanted, choose, numbered, touching
from transcribe.control.redact.guess import guessed, unexplained
from transcribe.control.redact.mask import Scrubber, masked
from transcribe.control.redact.proof import Heard, recognise_again, still_heard, stretches
from transcribe.control.redact.record import SCHEMA, SUFFIX, Proof, Redaction, Text, masked_of, write
from transcribe.control.redact.source import check_document, open_recording, proof_settings
from transcribe.control.redact.spans import SHARES, Span, merged, spans_of
from transcribe.core.disk import disk_errors
from transcribe.core.episode import Episode, Transcript
from transcribe.core.errors import EngineError, OutputError, RedactionError, UsageError
from transcribe.core.events import Progress, Warned
from transcribe.core.files import Content, make_folder, sweep, write_together
from transcribe.core.places import expanded
from transcribe.core.recording import Source
from transcribe.core.settings import Settings
from transcribe.core.timecode import format_stretch, format_timecode
from transcribe.jobs.assemble.run import assemble
from transcribe.jobs.corrections import sidecar_of
from transcribe.jobs.documents import DOCUMENT, open_corrected
from transcribe.jobs.publish.content import TEMPLATE, content_of, suffix_of
from transcribe.jobs.publish.outputs import target_path
from transcribe.jobs.render import format_names, with_show
from transcribe.jobs.warm import kept_loaded
from transcribe.pipeline.notes_step import notes_of, wants_notes, with_notes
from transcribe.pipeline.ports import Run
from transcribe.pipeline.stages.probe import probe

TOLD = 10
"""Times that an error lists."""

Said = tuple[Transcript, Chosen]


@dataclass(frozen=True)
class Asked:
    """How a redaction is made.

    Attributes:
        bleep: Whether the masked sound is a tone; else silence.
        name: Name of the files, without an ending; empty: as the recording and the document are called.
        model: What recognises the copy; empty: the transcript's own model.
        policy_sha256: Hex digest of the policy's file, or empty.
    """

    bleep: bool = True
    name: str = ""
    model: str = ""
    policy_sha256: str = ""


@dataclass(frozen=True)
class Done:
    """What was written.

    Attributes:
        paths: The copy of the recording, then the texts, then the record.
    """

    paths: tuple[Path, ...]
    redaction: Redaction


def redact(document: Path, wanted: Wanted, settings: Settings, asked: Asked, progress: Progress) -> Done:
    """Write a copy of a recording and its transcript in which what is wanted is masked.

    Args:
        document: A .json file of an earlier run, its recording beside it; neither is changed.
        settings: Which formats are written, and where.

    Raises:
        RedactionError: Something was not found, cannot be placed, or is still heard; nothing is written.
        InputError: The document or its recording cannot be read, or do not belong together.
        OutputError: A file is in the way, or cannot be written.
        TranscribeError: The copy could not be written or recognised.
    """
    episode = open_corrected(document, progress)
    check_document(document, episode)
    run = assemble(proof_settings(episode, settings, asked.model), progress)
    source = open_recording(episode, run, chosen_model=bool(asked.model))
    said = _said(episode, wanted)
    _check_found(wanted, said, source)
    scrubber = Scrubber(wanted, said)
    names = _names(document, source, asked.name, scrubber)
    making = _Making(
        wanted, said, replace(scrubber.value(source), path=source.path, name=names[0]), run, asked
    )
    shown = replace(episode, transcript=masked(*said[0]), recognised=None, notes=None)
    shown = _with_notes(episode, scrubber.episode(with_show(shown, settings.show)), settings, progress)
    contents: dict[Path, Content] = {}
    folder = _folder(settings)
    contents[folder / names[0]] = making.copy
    own = (TEMPLATE,) if settings.output.template else ()
    for name in dict.fromkeys((*format_names(settings), DOCUMENT, *own)):
        path = target_path(folder, names[1], suffix_of(name, settings))
        contents[path] = partial(making.text, settings, shown, name, path.name)
    contents[target_path(folder, names[1], SUFFIX)] = making.record
    _check_targets(contents, [document, Path(source.path)], sidecar_of(folder / names[1]), settings)
    new = not folder.exists()
    with disk_errors(folder, "writing into"):
        make_folder(folder)
    sweep(folder)
    try:
        write_together(contents)
    except BaseException:
        if new:
            with suppress(OSError):
                folder.rmdir()
        raise
    return Done(tuple(contents), making.redaction)


def _said(episode: Episode, wanted: Wanted) -> list[Said]:
    """What was said, and what of it is masked: as people corrected it, and as it had been recognised."""
    transcript, chosen = episode.transcript, choose(wanted, episode.transcript)
    if episode.recognised is None:
        return [(transcript, chosen)]
    earlier = episode.recognised.transcript
    first = choose(wanted, earlier)
    both = []
    for here, mine, there, theirs in (
        (transcript, chosen, earlier, first),
        (earlier, first, transcript, chosen),
    ):
        places = dict(mine.places)
        for number, place, word in numbered(there):
            why = theirs.places.get((number, place), frozenset())
            for each in touching(here, [(word.start_ms, word.end_ms)]) if why else ():
                places[each] = places.get(each, frozenset()) | why
        both.append((here, Chosen(places, mine.found | theirs.found)))
    return both


def _check_found(wanted: Wanted, said: Sequence[Said], source: Source) -> None:
    for start, end in wanted.spans:
        if source.duration_ms is not None and start >= source.duration_ms:
            at = format_stretch(start, end)
            raise UsageError(
                f"{at} is outside of the recording, which ends at {format_timecode(source.duration_ms)}"
            )
    found = said[0][1].found
    missing = [
        rule.title for number, rule in enumerate(wanted.rules) if rule.id == WORDS and number not in found
    ]
    if missing:
        raise RedactionError(
            f"not found in the transcript: {', '.join(map(repr, missing))}",
            "Nothing was masked. Look up how it is written there, or correct the transcript first",
        )
    if not any(chosen.places for _, chosen in said) and not wanted.spans:
        raise RedactionError("nothing was found that is to be masked", "Nothing was written")


def _names(document: Path, source: Source, name: str, scrubber: Scrubber) -> tuple[str, str]:
    """Names of the copy and of the document; what is masked must not be in them."""
    names = (f"{name}{Path(source.name).suffix}", f"{name}.json") if name else (source.name, document.name)
    for each in names:
        if scrubber.text(Path(each).stem) != Path(each).stem:
            raise UsageError(f"the name {each} holds what is to be masked", "Choose another one with --name")
    return names


def _with_notes(before: Episode, shown: Episode, settings: Settings, progress: Progress) -> Episode:
    """The masked episode with notes, where it had some or they are wanted; they are written anew."""
    shown = replace(
        shown,
        chapters=tuple(
            replace(each, image="") if each.image.startswith(".") else each for each in shown.chapters
        ),
    )
    if before.notes is None and not wants_notes(settings):
        return shown
    if before.notes and before.notes.authorship.generated:
        what = "the notes of a language model are left out, and the extractive writer wrote others"
        progress(Warned(f"{before.source.name}: {what}"))
    return with_notes(shown, notes_of(shown, settings, None, progress))


def _folder(settings: Settings) -> Path:
    if not settings.output.output or settings.output.output == "-":
        raise UsageError("redact writes a recording and texts", "Choose a folder for them with -o")
    return expanded(settings.output.output)


def _check_targets(
    contents: dict[Path, Content], originals: Sequence[Path], sidecar: Path, settings: Settings
) -> None:
    for path in contents:
        if any(path.exists() and each.exists() and path.samefile(each) for each in originals):
            raise OutputError(f"{path} would be overwritten", "Choose another folder with -o, or --name")
        if path.exists() and not settings.output.force:
            raise OutputError(
                f"{path} is there already", "Choose another folder with -o, or replace it with --force"
            )
    if sidecar.exists():
        raise OutputError(
            f"{sidecar} is there already: those corrections would be applied to the new transcript",
            "Remove it, or choose another folder with -o",
        )


def placed(wanted: Wanted, said: Sequence[Said], copies: Sequence[Sequence[Heard]] = ()) -> tuple[Span, ...]:
    """The stretches of the sound to mask, in order, without overlap.

    Args:
        said: What was said, with the words of it that are masked.
        copies: What was still heard in each earlier copy; near it, stretches are wider.

    Raises:
        RedactionError: A word has no time of its own.
    """
    spans = [Span(start, end, (SPAN,)) for start, end in wanted.spans]
    for transcript, chosen in said:
        ordered = sorted(numbered(transcript), key=lambda each: each[2].start_ms)
        words = [word for *_, word in ordered]
        why = {
            place: chosen.places[number, inside]
            for place, (number, inside, _) in enumerate(ordered)
            if (number, inside) in chosen.places
        }
        times_heard = {
            place: sum(any(_is_near(words[place].start_ms, each) for each in still) for still in copies)
            for place in why
        }
        spans += spans_of(words, why, times_heard=times_heard)
    return merged(spans)


@dataclass
class _Making:
    """What is made in the order in which files are written: the copy, then the texts that name its digest.

    Attributes:
        source: The recording, with the tags, chapters and name that the copy gets.
        made: The copy as it was probed.
        texts: What was written after it.
    """

    wanted: Wanted
    said: Sequence[Said]
    source: Source
    run: Run
    asked: Asked
    made: Source | None = field(default=None, init=False)
    texts: tuple[Text, ...] = field(default=(), init=False)
    redaction: Redaction = field(init=False)

    def copy(self, target: Path) -> None:
        """Write the copy and prove it; again, with wider stretches, where something is still heard."""
        with kept_loaded(self.run) as loaded:
            self._copy(target, loaded)

    def _copy(self, target: Path, run: Run) -> None:
        copies: list[tuple[Heard, ...]] = []
        editor, length_ms = run.engines.editor, self._length_ms()
        if editor is None:
            raise EngineError("there is nothing that writes sound")
        for tries in range(1, len(SHARES) + 1):
            spans = placed(self.wanted, self.said, copies)
            times = [(each.start_ms, each.end_ms) for each in spans]
            editor.mask(self.source, times, target, bleep=self.asked.bleep)
            parts = stretches(spans, length_ms)
            heard = recognise_again(run, target, parts, length_ms)
            left = still_heard(self.wanted, self.said, spans, heard)
            if not left:
                self._keep(target, spans, parts, tries)
                return
            copies.append(left)
        # A word at the edge of silence is easily passed over; beside a tone it is heard.
        if not self.asked.bleep:
            editor.mask(self.source, times, target, bleep=True)
        listen = partial(recognise_again, run, target, length_ms=length_ms)
        guesses = guessed(self.wanted, self.said, spans, left, listen, length_ms)
        if not self.asked.bleep:
            editor.mask(self.source, times, target, bleep=False)
        if left := unexplained(left, spans, guesses):
            at = ", ".join(dict.fromkeys(format_stretch(each.start_ms, each.end_ms) for each in left[:TOLD]))
            raise RedactionError(
                f"what was masked in {self.source.path} is still heard in the copy, at {at}",
                "Nothing was written. Mask more there with --span FROM-TO, or cut it out of the recording",
            )
        self._keep(target, spans, parts, tries, guesses)

    def _length_ms(self) -> int:
        ends = [word.end_ms for transcript, _ in self.said for word in transcript.words[-1:]]
        return self.source.duration_ms or max(ends, default=0)

    def _keep(
        self,
        target: Path,
        spans: tuple[Span, ...],
        parts: tuple[tuple[int, int], ...],
        tries: int,
        guesses: tuple[Span, ...] = (),
    ) -> None:
        engines = self.run.engines
        made = probe(target, self.source.stream, engines.prober)
        self.made = replace(made, name=self.source.name)
        self.redaction = Redaction(
            schema=SCHEMA,
            version=1,
            program=engines.program,
            sound="bleep" if self.asked.bleep else "mute",
            recording_sha256=self.source.sha256,
            copy_sha256=made.sha256,
            texts=(),
            policy_sha256=self.asked.policy_sha256,
            masked=masked_of(spans, guesses),
            proof=Proof(engines.engine, engines.model.name, engines.model.sha256, parts, tries),
        )

    def text(self, settings: Settings, shown: Episode, name: str, called: str, target: Path) -> None:
        """Write a text of the masked episode, whose recording is the copy."""
        source = self.made or self.source
        content = content_of(settings, replace(shown, source=source), name) or b""
        target.write_bytes(content)
        self.texts += (Text(called, hashlib.sha256(content).hexdigest()),)

    def record(self, target: Path) -> None:
        """Write the record."""
        self.redaction = replace(self.redaction, texts=self.texts)
        target.write_bytes(write(self.redaction))


def _is_near(at_ms: int, heard: Heard) -> bool:
    return heard.start_ms - 2_000 <= at_ms <= heard.end_ms + 2_000
