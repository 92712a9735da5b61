"""Every option of the Python API with its type; written by `make docs`."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TypedDict


class Options(TypedDict, total=False):
    """What functions of the Python API take, by the names that config files use; docs/configuration.md."""

    from_ms: int | None
    to_ms: int | None
    audio_stream: int | None
    channel: int | None
    loudness: bool
    raw: str
    rate: int | None
    raw_channels: int
    speech_threshold: float
    min_speech_ms: int
    min_silence_ms: int
    speech_pad_ms: int
    max_chunk_ms: int
    max_pause_ms: int
    engine: str
    model: str
    language: str
    translate: bool
    prompt: str
    vocabulary: str | PathLike[str] | None
    terms: Sequence[str]
    window_margin_ms: int
    beam_size: int
    compute_type: str
    batch_size: int
    channels: bool
    tracks: bool
    track_speakers: Sequence[str]
    track_offsets: Sequence[str]
    drop_bleed: bool
    mix: bool
    speakers: str | int
    speaker_names: Sequence[str]
    turns: str | PathLike[str] | None
    voices: bool
    speaker_samples: str | PathLike[str] | None
    device: str
    workers: int
    threads: int
    ffmpeg: str
    stall_seconds: int
    paranoid: bool
    max_line_chars: int
    max_lines: int
    max_chars_per_second: float
    min_cue_ms: int
    max_cue_ms: int
    min_cue_gap_ms: int
    output: str
    formats: Sequence[str]
    template: str | PathLike[str] | None
    embed_audio: bool
    publish: bool
    chapters: str
    sign_key: str | PathLike[str] | None
    manifest: bool
    require_approval: bool
    waiting: str | PathLike[str] | None
    policy: str | PathLike[str] | None
    keep_days: int
    force: bool
    fail_under: float
    notes: bool
    writer: str
    notes_language: str
    disclosure: str
    writer_temperature: float
    writer_system: str
    writer_prompts: str | PathLike[str] | None
    writer_context: int
    writer_host: str
    writer_seconds: int
    writer_budget: float
    show_title: str
    episode_title: str
    episode_number: str
    season_number: str
    hosts: Sequence[str]
    guests: Sequence[str]
    show_url: str
    episode_url: str
    image_url: str
    links: Sequence[str]
    sponsor: str
    call_to_action: str
    archive: str
    meaning: str
    live: bool
    quiet: bool
    verbose: bool
    debug: bool
    sealed: str
