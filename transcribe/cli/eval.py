"""`transcribe eval REFERENCE…`: count the errors of transcripts, and hold them against thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from transcribe.cli.options import PathName, SettingsCommand, given_flags
from transcribe.core.config import Resolved
from transcribe.core.errors import AllFailed, GateError, SomeFailed, TranscribeError, UsageError
from transcribe.pipeline.ports import Run

if TYPE_CHECKING:
    from transcribe.cli.eval_report import Result
    from transcribe.core.settings import Settings
    from transcribe.quality.evaluate.references import Text

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Wish:
    """What the command's own options ask for; each field is the option of its name."""

    references: tuple[Path, ...]
    transcripts: Path | None
    audio: Path | None
    max_wer: float | None
    max_cer: float | None
    max_der: float | None
    max_cpwer: float | None
    collar: float
    worst: int
    as_json: bool


def gate(flag: str, rate: str) -> Callable[[F], F]:
    """An option that makes a rate decide the exit code."""
    return click.option(
        flag, metavar="PERCENT", type=click.FloatRange(min=0), help=f"Fail if {rate} is higher."
    )


@click.command(
    "eval",
    cls=SettingsCommand,
    groups=("normalise", "detect", "plan", "recognise", "speakers", "compute", "display"),
)
@click.argument("references", nargs=-1, required=True, metavar="REFERENCE...", type=PathName())
@click.option(
    "--transcripts",
    metavar="DIR|FILE",
    type=PathName(exists=True),
    help="Compare these finished transcripts instead of transcribing.",
)
@click.option(
    "--audio",
    metavar="DIR|FILE",
    type=PathName(exists=True),
    help="Where the recordings are; else beside each REFERENCE.",
)
@gate("--max-wer", "the word error rate of all files together")
@gate("--max-cer", "the letter error rate of all files together")
@gate("--max-der", "the diarisation error rate of all .rttm references together")
@gate("--max-cpwer", "the word error rate by speaker of all .stm references together")
@click.option(
    "--collar",
    metavar="SECONDS",
    type=click.FloatRange(min=0, max=5),
    default=0.25,
    show_default=True,
    help="So long before and after a change of speaker nothing counts for DER.",
)
@click.option(
    "--worst",
    metavar="N",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Show this many of the worst passages of each file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.pass_context
def eval(context: click.Context, /, resolved: Resolved, **asked: Any) -> None:  # noqa: A001 - the command's name
    """Count the errors of transcripts. A REFERENCE says what was said: a text, .srt, .vtt or .json file.
    An .stm file says who said it too, an .rttm file only who speaks when.

    The recording beside each reference (episode.mp3 for episode.txt) is transcribed with the
    settings in force, and compared. With --transcripts, finished transcripts are: those of the same
    name, .json before .vtt, .srt and .txt.

    Ends with exit code 12 where --max-wer, --max-cer, --max-der or --max-cpwer is not met.
    """
    wish = Wish(**asked)
    _check(wish, resolved.settings)
    results = _results(wish, resolved, str(given_flags(context).get("language", "")))
    _show(results, wish)
    _judge(results, wish)


def _check(wish: Wish, settings: Settings) -> None:
    from transcribe.quality.evaluate.references import check_places

    if wish.transcripts and wish.audio:
        raise UsageError("--transcripts and --audio exclude each other", "Drop one of them")
    if settings.display.live and wish.as_json:
        raise UsageError("--live and --json would both go to standard output", "Drop one of them")
    check_places(wish.references, wish.transcripts or wish.audio)


def _results(wish: Wish, resolved: Resolved, told: str) -> list[Result]:
    """Every reference with its transcript beside it, or with the error that left it without."""
    from transcribe.cli.eval_report import Result
    from transcribe.quality.evaluate.references import find_transcript, read_text

    references = [read_text(path) for path in wish.references]
    if place := wish.transcripts:
        heard: list[Text | TranscribeError] = [
            read_text(find_transcript(path, place)) for path in wish.references
        ]
    else:
        heard = _listen(wish, resolved)
    results = []
    for reference, text in zip(references, heard, strict=True):
        if isinstance(text, TranscribeError):
            results.append(Result(reference.name, failure=text))
            continue
        language = _language(told, reference, text, resolved.settings.recognise.language)
        results.append(_compared(reference, text, language, wish.collar))
    return results


def _compared(reference: Text, text: Text, language: str, collar: float) -> Result:
    """What the reference can tell about the transcript: words, whose they are, or who speaks when."""
    from transcribe.cli.eval_report import Result
    from transcribe.quality.evaluate.speakers import attributed_score, diarisation_score
    from transcribe.quality.evaluate.words import compare

    if reference.turns is not None and not reference.text:
        if text.turns is None:
            raise UsageError(
                f"{text.name} does not say who speaks when", "Transcribe with --speakers, or give .rttm files"
            )
        found = diarisation_score(reference.turns.turns, text.turns.turns, collar)
        return Result(reference.name, text.name, diarisation=found)
    comparison = compare(reference.text, text.text, language)
    if reference.spoken is None or text.spoken is None:
        return Result(reference.name, text.name, comparison)
    attributed = attributed_score(reference.spoken, text.spoken, language)
    return Result(reference.name, text.name, comparison, attributed=attributed)


def _language(told: str, reference: Text, transcript: Text, configured: str) -> str:
    """What the command line says, else what the files know, else what the config says."""
    known = (told, reference.language, transcript.language, configured)
    return next((code for code in known if code not in ("", "auto", "multi")), "en")


def _listen(wish: Wish, resolved: Resolved) -> list[Text | TranscribeError]:
    """Transcribe the recording of each reference with the settings in force."""
    from transcribe.cli.display import open_display
    from transcribe.core.events import FileStarted, Noticed
    from transcribe.jobs.assemble.engines import choose_engines
    from transcribe.pipeline.ports import Run
    from transcribe.quality.evaluate.references import find_recording

    recordings = [find_recording(path, wish.audio or path.parent) for path in wish.references]
    settings, texts = _with_speakers(resolved.settings, wish.references), []
    settings = settings.replace({"notes": False, "publish": False, "formats": ("txt",)})  # words are compared
    with open_display(settings.display, resolved.warnings) as progress:
        run = Run(settings, choose_engines(settings), progress)
        progress(Noticed(run.engines.summary))
        for number, path in enumerate(recordings, start=1):
            progress(FileStarted(path.name, number, len(recordings)))
            texts.append(_listen_to(path, run))
    return texts


def _with_speakers(settings: Settings, references: Sequence[Path]) -> Settings:
    """The settings, with speakers told apart where a reference does so."""
    from transcribe.pipeline.speakers.step import check_speakers, wants_speakers
    from transcribe.quality.evaluate.references import WITH_SPEAKERS

    told = any(path.suffix.lower() in WITH_SPEAKERS for path in references)
    if told and not wants_speakers(settings.speakers):
        settings = settings.replace({"speakers": "auto"})
    check_speakers(settings, [str(path) for path in references])
    return settings


def _listen_to(path: Path, run: Run) -> Text | TranscribeError:
    from transcribe.core.events import FileFailed, FileFinished
    from transcribe.core.unexpected import ends_run, for_people
    from transcribe.jobs.run_one import episode_of
    from transcribe.quality.evaluate.references import text_of

    try:
        text = text_of(episode_of(run, path), str(path))
    except Exception as error:
        if ends_run(error):
            raise
        said = for_people(error, debug=run.settings.display.debug)
        run.progress(FileFailed(path.name, str(said), said.exit_code))
        return said
    run.progress(FileFinished(path.name, ()))
    return text


def _show(results: Sequence[Result], wish: Wish) -> None:
    from transcribe.cli.eval_report import as_json, as_text

    click.echo(as_json(results, wish.worst) if wish.as_json else as_text(results, wish.worst))


def _judge(results: Sequence[Result], wish: Wish) -> None:
    """Raise what keeps this from being a success: a recording that failed, or too many errors."""
    from transcribe.cli.eval_report import total_attributed, total_of, total_turns

    failed = [result for result in results if result.failure]
    if failed:
        kind = AllFailed if len(failed) == len(results) else SomeFailed
        raise kind(f"{len(failed)} of {len(results)} recordings could not be transcribed")
    words, letters = total_of(results)
    limits = (
        ("word", words.rate, wish.max_wer),
        ("letter", letters.rate, wish.max_cer),
        ("diarisation", total_turns(results).rate, wish.max_der),
        ("word-and-speaker", total_attributed(results).rate, wish.max_cpwer),
    )
    for name, rate, limit in limits:
        if limit is None or rate <= limit:
            continue
        if math.isinf(rate) and name == "diarisation":
            raise GateError("speakers were found where nobody speaks")
        if math.isinf(rate):
            raise GateError(f"{words.insertions} words were heard where none were said")
        raise GateError(f"the {name} error rate is {rate:.2f} %, and {limit:g} % are allowed")
