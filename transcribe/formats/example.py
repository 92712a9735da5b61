"""An episode with everything in it, for `transcribe templates check`: speakers, notes, a doubt, a link."""

from __future__ import annotations

from transcribe.core.episode import (
    Coverage,
    Episode,
    Language,
    ModelIdentity,
    Provenance,
    Segment,
    Transcript,
    Word,
)
from transcribe.core.recording import Audio, AudioStream, Source, SpeechSpan, SpeechSpans
from transcribe.core.show_notes import (
    Authorship,
    Chapter,
    Link,
    Mention,
    Quote,
    Show,
    ShowNotes,
    SoundBite,
    Statement,
)

_SAID = (
    ("Anna", 0, "Welcome to Harbour Lights. Today we talk about lighthouses with Ben <Keeper> & friends."),
    ("Ben", 15_000, "A lamp that nobody tends goes out. That is all I learned in forty years."),
    ("Anna", 30_000, "You wrote about it in The Last Lamp, and you still live in Porthleven."),
)
_WORD_MS = 400


def example_episode() -> Episode:
    """Half a minute about lighthouses; nobody said it."""
    segments = tuple(_segment(*said) for said in _SAID)
    return Episode(
        source=Source(
            path="lighthouses.mp3",
            name="lighthouses.mp3",
            sha256="0" * 64,
            bytes=1_000_000,
            container="mp3",
            duration_ms=45_000,
            streams=(AudioStream(0, "mp3", 44_100, 2, default=True),),
            stream=0,
        ),
        audio=Audio("", 720_000, 0, -16.0, 0.0),
        speech=SpeechSpans((SpeechSpan(0, 45_000),)),
        transcript=Transcript(Language("en", 0.99, detected=True), segments),
        coverage=Coverage(45_000, 0, 0, 0, ()),
        provenance=Provenance("transcribe", "example", ModelIdentity("base", "0" * 64, "MIT"), ()),
        show=_SHOW,
        notes=_NOTES,
    )


def _segment(speaker: str, start_ms: int, text: str) -> Segment:
    words = tuple(
        Word(start_ms + _WORD_MS * number, start_ms + _WORD_MS * (number + 1) - 50, word, 0.9)
        for number, word in enumerate(text.split())
    )
    return Segment(start_ms, words[-1].end_ms, words, 0, speaker, "en")


_SHOW = Show(
    title="Harbour Lights",
    episode_title="A lamp that nobody tends",
    number="12",
    season="2",
    hosts=("Anna",),
    guests=("Ben",),
    url="https://example.org/",
    episode_url="https://example.org/12",
    image_url="https://example.org/cover.jpg",
    links=(Link("The lighthouse's museum", "https://example.org/museum?a=1&b=2"),),
    sponsor="Supported by the harbour office",
    call_to_action="Tell a friend who likes the sea.",
)

_NOTES = ShowNotes(
    language="en",
    chapters=(
        Chapter(0, 15_000, "Welcome", (0,), "model"),
        Chapter(15_000, 30_000, "Forty years <at> the lamp", (1,), "model"),
        Chapter(30_000, 45_000, "The book", (2,), "model"),
    ),
    summary=(Statement("A lamp that nobody tends goes out.", (1,), 15_000),),
    long_summary=(
        Statement("Ben kept a lighthouse & wrote about it.", (1, 2), 15_000, "model"),
        Statement("He is eighty years old.", (2,), 30_000, "model", "the transcript does not say 80"),
    ),
    takeaways=(
        Statement("Machines need somebody who looks after them.", (1,), 15_000, "model"),
        Statement("The book sold well.", (2,), 30_000, "model", "not said"),
    ),
    quotes=(Quote("A lamp that nobody tends goes out.", "Ben", 15_000, 18_000, (1,)),),
    mentions=(
        Mention("Ben", "person", 0, (0,)),
        Mention("The Last Lamp", "work", 32_000, (2,)),
        Mention("Porthleven", "place", 36_000, (2,)),
    ),
    keywords=("lighthouse", "lamp"),
    titles=(Statement("A lamp that nobody tends", (1,), 15_000),),
    social_post=(Statement("A lamp that nobody tends goes out.", (1,), 15_000),),
    sound_bites=(SoundBite(15_000, 30_000, "Forty years", (1,)),),
    authorship=Authorship("llama.cpp", "1.0", "example-model", "0" * 64, "Apache-2.0", "0" * 64, 1, 2),
)
