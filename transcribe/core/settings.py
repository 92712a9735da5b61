"""Every option, declared once: its default, its help and its range stand beside the field.

Flags, config keys, environment names, `config show` and the fingerprint of a job are all derived
from these dataclasses: `max_line_chars` is `--max-line-chars` on the command line,
`max_line_chars` in `transcribe.toml` and `TRANSCRIBE_MAX_LINE_CHARS` in the environment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from transcribe.core.option import Option, declared_in, option
from transcribe.core.speaker_count import SpeakerCount

LANGUAGE_HELP = "Language: en, pl, …; auto: detect; multi: several"

RAW_FORMS = (
    "mulaw", "alaw", "u8", "s8", "s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "f32le", "f32be",
    "f64le", "f64be",
)  # fmt: skip
"""Samples without a header, as ffmpeg calls them."""

MULTI = "multi"
"""The value of `language` that stands for several."""


@dataclass(frozen=True)
class NormaliseSettings:
    """How a recording becomes 16 kHz mono."""

    from_ms: int | None = option(
        None, "Start here", flag="--from", metavar="TIME", timecode=True, minimum=0, trust="any"
    )
    to_ms: int | None = option(
        None, "Stop here", flag="--to", metavar="TIME", timecode=True, minimum=0, trust="any"
    )
    audio_stream: int | None = option(
        None,
        "Audio stream, from 0; the best one when not given",
        metavar="N",
        minimum=0,
        advanced=True,
        trust="any",
    )
    channel: int | None = option(
        None,
        "Only this channel, from 1; all mixed when not given",
        metavar="N",
        minimum=1,
        advanced=True,
        trust="any",
    )
    loudness: bool = option(
        True, "Bring speech to a common loudness before recognition", advanced=True, trust="any"
    )
    raw: str = option(
        "",
        "The file has no header: form of its samples, such as mulaw, alaw or s16le",
        metavar="FORM",
        choices=("", *RAW_FORMS),
        advanced=True,
        trust="any",
    )
    rate: int | None = option(
        None,
        "Samples a second of a file without a header",
        metavar="HZ",
        minimum=1000,
        maximum=1_000_000,
        advanced=True,
        trust="any",
    )
    raw_channels: int = option(
        1,
        "Channels of a file without a header",
        metavar="N",
        minimum=1,
        maximum=64,
        advanced=True,
        trust="any",
    )


@dataclass(frozen=True)
class DetectSettings:
    """Where speech is, by Silero's voice activity probabilities (32 ms windows)."""

    speech_threshold: float = option(
        0.5,
        "Probability from which a moment counts as speech",
        minimum=0.05,
        maximum=0.95,
        advanced=True,
        trust="any",
    )
    min_speech_ms: int = option(
        150,
        "Shorter bursts of speech are taken for noise",
        metavar="MS",
        minimum=0,
        maximum=5000,
        advanced=True,
        trust="any",
    )
    min_silence_ms: int = option(
        300,
        "Shorter pauses do not end a span of speech",
        metavar="MS",
        minimum=0,
        maximum=10000,
        advanced=True,
        trust="any",
    )
    speech_pad_ms: int = option(
        200,
        "Kept around every span of speech",
        metavar="MS",
        minimum=0,
        maximum=2000,
        advanced=True,
        trust="any",
    )


@dataclass(frozen=True)
class PlanSettings:
    """How speech is packed into windows for the recogniser."""

    max_chunk_ms: int = option(
        22_000,
        "Longest window given to the recogniser; it hears a pause after it, and 30 s in all",
        metavar="MS",
        minimum=5_000,
        maximum=28_000,
        advanced=True,
        trust="any",
    )
    max_pause_ms: int = option(
        1_000,
        "Longer pauses inside a window are shortened to this",
        metavar="MS",
        minimum=0,
        maximum=1_500,
        advanced=True,
        trust="any",
    )


@dataclass(frozen=True)
class RecogniseSettings:
    """What the recogniser is asked."""

    engine: str = option(
        "auto",
        "Recognition engine; auto: the one that suits the machine and the model",
        choices=("auto", "whisper.cpp", "ctranslate2", "parakeet"),
        advanced=True,
        trust="any",
    )
    model: str = option(
        "auto",
        "Model, or path to one; auto: the best installed",
        short="-m",
        metavar="NAME",
        trust="name",
    )
    language: str = option("auto", LANGUAGE_HELP, short="-l", metavar="auto|xx", trust="any")
    translate: bool = option(False, "Translate into English instead of transcribing", trust="any")
    prompt: str = option(
        "", "Text that shows the style and names to expect", metavar="TEXT", advanced=True, trust="any"
    )
    vocabulary: Path | None = option(
        None, "File with names and terms to expect, one on a line", metavar="FILE", trust="inside"
    )
    terms: tuple[str, ...] = option(
        (),
        "Name or term to expect, beside those of the vocabulary; may be repeated",
        flag="--term",
        metavar="TERM",
        advanced=True,
        trust="any",
    )
    window_margin_ms: int = option(
        3_000,
        "Silence the recogniser hears after a window; 30000: Whisper's full 30 s, slower",
        metavar="MS",
        minimum=1_000,
        maximum=30_000,
        advanced=True,
        trust="any",
    )
    beam_size: int = option(
        0,
        "Candidates kept while decoding; 0: 1 in English and with whisper.cpp, else 5",
        metavar="N",
        minimum=0,
        maximum=8,
        advanced=True,
        trust="any",
    )
    compute_type: str = option(
        "auto",
        "Numbers that ctranslate2 computes with; auto: int8, on a graphics card float16",
        choices=("auto", "int8", "float32", "float16", "int8_float16"),
        advanced=True,
        trust="any",
    )
    batch_size: int = option(
        0,
        "Windows that ctranslate2 decodes at a time; 0: 4, on a graphics card up to 16",
        metavar="N",
        minimum=0,
        maximum=64,
        advanced=True,
    )


@dataclass(frozen=True)
class TrackSettings:
    """Who speaks on which track, and where the tracks lie; see `transcribe/pipeline/tracks/`."""

    channels: bool = option(False, "Each channel is a speaker of its own", advanced=True, trust="any")
    tracks: bool = option(
        False, "Each audio track of the file is a speaker of its own", advanced=True, trust="any"
    )
    track_speakers: tuple[str, ...] = option(
        (),
        "Speaker: ch1=Ala, host.wav=Ala; may be repeated",
        flag="--speaker",
        metavar="TRACK=NAME",
        trust="any",
    )
    track_offsets: tuple[str, ...] = option(
        (),
        "Start of a track on the common timeline: guest.wav=1500; may be repeated",
        flag="--offset",
        metavar="TRACK=MS",
        advanced=True,
        trust="any",
    )
    drop_bleed: bool = option(
        True, "Leave out what a microphone picked up of another one's speaker", advanced=True, trust="any"
    )
    mix: bool = option(False, "Write the tracks mixed into one file, too; the page plays it", advanced=True)

    @property
    def divided(self) -> bool:
        """Whether one file is divided into several tracks."""
        return self.channels or self.tracks


@dataclass(frozen=True)
class SpeakersSettings:
    """Who says what. Has no say in the words."""

    speakers: SpeakerCount = option(
        SpeakerCount(), "Tell speakers apart: auto, 2, or 2-4", metavar="auto|N", trust="any"
    )
    speaker_names: tuple[str, ...] = option(
        (),
        "Their names, in the order in which they first speak",
        metavar="NAME,NAME",
        advanced=True,
        trust="any",
    )
    turns: Path | None = option(
        None,
        "Take who speaks when from this RTTM file, or from those in this folder",
        metavar="FILE|DIR",
        advanced=True,
        trust="inside",
    )
    voices: bool = option(
        False, "Name speakers whose voices you have registered (transcribe voices)", advanced=True
    )
    speaker_samples: Path | None = option(
        None,
        "Name speakers who sound like the recordings in this folder; each has the name of its person",
        metavar="DIR",
        advanced=True,
        trust="inside",
    )


@dataclass(frozen=True)
class ComputeSettings:
    """What the machine may use. Has no say in the words but for the device, which the engine's name tells."""

    device: str = option(
        "auto",
        "What computes; auto: a graphics card if the engine can use one, else the processor",
        choices=("auto", "cpu", "cuda", "vulkan", "metal"),
        advanced=True,
    )
    workers: int = option(
        0,
        "Processes side by side; 0: by cores and memory",
        metavar="N",
        minimum=0,
        maximum=256,
        advanced=True,
    )
    threads: int = option(
        0,
        "Threads of each worker; 0: share the cores out",
        metavar="N",
        minimum=0,
        maximum=256,
        advanced=True,
    )
    ffmpeg: str = option(
        "", "ffmpeg program to use; found by itself when not given", metavar="PATH", advanced=True
    )
    stall_seconds: int = option(
        120,
        "Silence after which ffmpeg counts as hanging",
        metavar="S",
        minimum=1,
        maximum=86_400,
        advanced=True,
    )
    paranoid: bool = option(
        False,
        "Read the whole of a model before it is loaded, also where nothing about its files has changed",
        advanced=True,
    )


@dataclass(frozen=True)
class SubtitleSettings:
    """How words become subtitle cues; defaults from Netflix's English Timed Text Style Guide."""

    max_line_chars: int = option(
        42,
        "Longest subtitle line, in characters; 0: no limit, one sentence a line",
        metavar="N",
        minimum=10,
        maximum=1000,
        zero=True,
        advanced=True,
        trust="any",
    )
    max_lines: int = option(
        2, "Lines of a subtitle", metavar="N", minimum=1, maximum=4, advanced=True, trust="any"
    )
    max_chars_per_second: float = option(
        20.0,
        "Fastest reading speed of a subtitle",
        metavar="N",
        minimum=5,
        maximum=60,
        advanced=True,
        trust="any",
    )
    min_cue_ms: int = option(
        833,
        "Shortest time a subtitle stays",
        metavar="MS",
        minimum=100,
        maximum=5000,
        advanced=True,
        trust="any",
    )
    max_cue_ms: int = option(
        7000,
        "Longest time a subtitle stays",
        metavar="MS",
        minimum=1000,
        maximum=30000,
        advanced=True,
        trust="any",
    )
    min_cue_gap_ms: int = option(
        80,
        "Gap between subtitles that follow each other",
        metavar="MS",
        minimum=0,
        maximum=1000,
        advanced=True,
        trust="any",
    )


@dataclass(frozen=True)
class OutputSettings:
    """What is written where."""

    output: str = option(
        "", "Folder for results, or - for standard output",
        short="-o", metavar="DIR|-", trust="inside",
    )  # fmt: skip
    formats: tuple[str, ...] = option(
        ("txt", "srt", "vtt", "json"), "Format; may be repeated", flag="--format", short="-f",
        metavar="FORMAT", trust="any",
    )  # fmt: skip
    template: Path | None = option(
        None, "Write the file that this template makes, too", metavar="FILE", advanced=True
    )
    embed_audio: bool = option(
        False, "Put the recording into the page (format page), if it is small", advanced=True, trust="any"
    )
    publish: bool = option(False, "Write every file that a podcast host takes", trust="any")
    chapters: str = option(
        "keep",
        "Chapters that the recording has: keep them, or replace them by those of the notes",
        choices=("keep", "replace"),
        advanced=True,
        trust="any",
    )
    sign_key: Path | None = option(
        None,
        "Write the manifest, signed with this key (transcribe keys new)",
        metavar="FILE",
        advanced=True,
    )
    manifest: bool = option(
        False,
        "Write beside the results what made them, for transcribe verify; batch always does",
        advanced=True,
        trust="any",
    )
    require_approval: bool = option(
        False,
        "Publish nothing before somebody has approved it: results wait in another folder, as a transcript",
    )
    waiting: Path | None = option(
        None,
        "Where results wait for approval  [default: the folder of the results with -waiting after its name]",
        metavar="DIR",
        advanced=True,
    )
    policy: Path | None = option(
        None,
        "With --require-approval, or serve: what this policy flags has to be decided; of redact: is masked",
        metavar="FILE",
        advanced=True,
    )
    keep_days: int = option(
        0,
        "Days after which transcribe purge --due removes an episode of the show; 0: never",
        metavar="N",
        minimum=0,
        maximum=100_000,
        advanced=True,
    )
    force: bool = option(False, "Replace existing files, whoever wrote them")
    fail_under: float = option(
        0.0,
        "Exit with 12 if less speech has words; 0: never",
        metavar="PERCENT",
        minimum=0,
        maximum=100,
        advanced=True,
        trust="any",
    )


@dataclass(frozen=True)
class NotesSettings:
    """What is written about an episode, and by whom."""

    notes: bool = option(False, "Write show notes too", trust="any")
    writer: str = option(
        "extractive",
        "Who writes them; see llm list",
        metavar="NAME",
    )
    notes_language: str = option(
        "auto", "Language of the notes; auto: the episode's", metavar="auto|xx", advanced=True, trust="any"
    )
    disclosure: str = option(
        "auto",
        "Line that tells readers a model wrote text; auto: in the notes' language; none: no line",
        metavar="TEXT",
        advanced=True,
        trust="any",
    )
    writer_temperature: float = option(
        0.2, "How freely the language model chooses words", minimum=0, maximum=2, advanced=True, trust="any"
    )
    writer_system: str = option(
        "", "Put before every prompt, to set the tone", metavar="TEXT", advanced=True, trust="any"
    )
    writer_prompts: Path | None = option(
        None,
        "Folder with prompts of your own, before the project's and yours",
        metavar="DIR",
        advanced=True,
        trust="inside",
    )
    writer_context: int = option(
        0,
        "Tokens the language model reads at a time; 0: by model and memory",
        metavar="N",
        minimum=0,
        maximum=1_000_000,
        advanced=True,
    )
    writer_host: str = option(
        "", "URL of a language-model server on another host; else this machine", metavar="URL", advanced=True
    )
    writer_seconds: int = option(
        600, "Longest time for one answer", metavar="S", minimum=1, maximum=86_400, advanced=True
    )
    writer_budget: float = option(
        0.0,
        "Minutes that the language model may take for a recording; 0: as long as it lasts, from 1 to 30",
        metavar="MIN",
        minimum=0,
        maximum=1440,
        advanced=True,
        trust="any",
    )


@dataclass(frozen=True)
class ShowSettings:
    """What stands in show notes and feeds about the show; for transcribe.toml."""

    show_title: str = option("", "Name of the show", metavar="TEXT", advanced=True, trust="any")
    episode_title: str = option("", "Name of the episode", metavar="TEXT", advanced=True, trust="any")
    episode_number: str = option("", "Number of the episode", metavar="N", advanced=True, trust="any")
    season_number: str = option("", "Number of the season", metavar="N", advanced=True, trust="any")
    hosts: tuple[str, ...] = option(
        (), "Host; may be repeated", flag="--host", metavar="NAME", advanced=True, trust="any"
    )
    guests: tuple[str, ...] = option(
        (), "Guest; may be repeated", flag="--guest", metavar="NAME", advanced=True, trust="any"
    )
    show_url: str = option("", "Page of the show", metavar="URL", advanced=True, trust="any")
    episode_url: str = option("", "Page of the episode", metavar="URL", advanced=True, trust="any")
    image_url: str = option("", "Cover", metavar="URL", advanced=True, trust="any")
    links: tuple[str, ...] = option(
        (),
        "Link for the notes, and for what is mentioned by that name; may be repeated",
        flag="--link",
        metavar="LABEL=URL",
        advanced=True,
        trust="any",
    )
    sponsor: str = option("", "Line about the sponsor", metavar="TEXT", advanced=True, trust="any")
    call_to_action: str = option("", "What listeners should do", metavar="TEXT", advanced=True, trust="any")


@dataclass(frozen=True)
class ArchiveSettings:
    """Where transcripts are found again. Has no say in them."""

    archive: str = option(
        "",
        "Archive that finds every transcript again, kept current: a folder, or auto for your own",
        metavar="DIR|auto",
        advanced=True,
    )
    meaning: str = option(
        "",
        "Server on this machine and model that give texts vectors, for search by meaning, too",
        metavar="URL MODEL",
        advanced=True,
    )


ProgressStyle = Literal["auto", "bar", "plain", "json", "none"]


@dataclass(frozen=True)
class DisplaySettings:
    """What is shown while working."""

    progress: ProgressStyle = option(
        "auto",
        "auto: a bar, or lines",
        choices=("auto", "bar", "plain", "json", "none"),
    )
    live: bool = option(False, "Print the text as it is recognised")
    quiet: bool = option(False, "Show errors only", short="-q")
    verbose: bool = option(False, "Show what each stage did", short="-v")
    debug: bool = option(False, "Show tracebacks and the engine's messages", advanced=True)


@dataclass(frozen=True)
class SealSettings:
    """Whether the network is shut off; see `transcribe/core/seal/`. Has no say in the words."""

    sealed: str = option(
        "none",
        "Shut the network off for this program and all that it starts; without a value: as well as it can",
        metavar="[=LEVEL]",
        choices=("none", "auto", "audit-hook", "seccomp", "namespace"),
        bare="auto",
    )


@dataclass(frozen=True)
class Settings:
    """All options of a job, grouped by the stage that reads them."""

    normalise: NormaliseSettings = NormaliseSettings()
    detect: DetectSettings = DetectSettings()
    plan: PlanSettings = PlanSettings()
    recognise: RecogniseSettings = RecogniseSettings()
    tracks: TrackSettings = TrackSettings()
    speakers: SpeakersSettings = SpeakersSettings()
    compute: ComputeSettings = ComputeSettings()
    subtitles: SubtitleSettings = SubtitleSettings()
    output: OutputSettings = OutputSettings()
    notes: NotesSettings = NotesSettings()
    show: ShowSettings = ShowSettings()
    archive: ArchiveSettings = ArchiveSettings()
    display: DisplaySettings = DisplaySettings()
    seal: SealSettings = SealSettings()

    @classmethod
    def of(cls, **values: Any) -> Settings:
        """Settings from flat option names: `Settings.of(model="base", language="pl")`.

        Raises:
            ValueError: An option is unknown or its value is not allowed.
        """
        return cls().replace(values)

    def replace(self, values: Mapping[str, Any]) -> Settings:
        """A copy in which the options named in `values` (raw or typed) are changed.

        Raises:
            ValueError: An option is unknown or its value is not allowed.
        """
        grouped: dict[str, dict[str, Any]] = {}
        for name, raw in values.items():
            declared = OPTIONS.get(name)
            if declared is None:
                raise ValueError(f"there is no option {name!r}")
            grouped.setdefault(declared.group, {})[name] = declared.convert(raw)
        changed = {group: replace(getattr(self, group), **fresh) for group, fresh in grouped.items()}
        return replace(self, **changed)

    def flat(self) -> Iterator[tuple[Option, Any]]:
        """Every option with its value, in the order of declaration."""
        for declared in OPTIONS.values():
            yield declared, getattr(getattr(self, declared.group), declared.name)


WORDS_DEPEND_ON = ("normalise", "detect", "plan", "recognise")
"""Groups that change the words, and so a job's fingerprint."""


OPTIONS: dict[str, Option] = {
    each.name: each for group in fields(Settings) for each in declared_in(type(group.default), group.name)
}
"""Every option by name, in the order of declaration. Names are unique across groups (tested)."""
