"""Hand-made episodes, as if they had been recognised."""

from __future__ import annotations

from collections.abc import Sequence

from transcribe.core.episode import (
    Coverage,
    Episode,
    Language,
    ModelIdentity,
    Provenance,
    Segment,
    Spot,
    Transcript,
    Word,
)
from transcribe.core.recording import Audio, AudioStream, Source, SpeechSpans
from transcribe.core.show_notes import NO_SHOW, Show

WORD_MS = 350

ENGLISH = (
    "Hello everyone and welcome back to the show.",
    "Today we talk about how bees find their way home.",
    "A honey bee can remember the position of the sun for several hours.",
    "Um, so how does she do that?",
    "Dr. Maria Keller has studied honey bees in Zurich for twenty years.",
    "She found that honey bees use the polarised light of the sky as a compass.",
    "On cloudy days the bees rely on landmarks such as rivers and forest edges.",
    "Pesticides disturb the memory of bees, and many foragers never return to the hive.",
    "The University of Zurich now builds small radio tags for honey bees.",
    "Every hive that loses its foragers in spring will starve before the summer.",
    "Thanks for listening and see you next week.",
)
POLISH = (
    "Dzień dobry, witam państwa w kolejnym odcinku.",
    "Dzisiaj opowiemy o tym, jak pszczoły wracają do ula.",
    "Pszczoła miodna pamięta położenie słońca przez kilka godzin.",
    "Profesor Anna Nowak bada pszczoły w Krakowie od 20 lat.",
    "W pochmurne dni pszczoły kierują się brzegami rzek i skrajem lasu.",
    "Pestycydy zaburzają pamięć pszczół i wiele zbieraczek nie wraca do ula.",
    "Każdy ul, który wiosną traci zbieraczki, ginie z głodu przed latem.",
    "Dziękuję za uwagę i do usłyszenia.",
)
GERMAN = (
    "Guten Tag und herzlich willkommen zu unserer Sendung.",
    "Heute geht es darum, wie Bienen nach Hause finden.",
    "Eine Honigbiene merkt sich den Stand der Sonne mehrere Stunden lang.",
    "In Zürich erforscht Frau Doktor Keller seit zwanzig Jahren das Verhalten der Honigbienen.",
    "An trüben Tagen richten sich Bienen nach Flüssen und Waldrändern.",
    "Pestizide stören das Gedächtnis der Bienen, und viele Sammlerinnen kehren nie zurück.",
    "Jeder Stock, der im Frühjahr seine Sammlerinnen verliert, verhungert vor dem Sommer.",
    "Danke fürs Zuhören und auf Wiederhören.",
)
JAPANESE = (
    "こんにちは、番組へようこそ。",
    "今日はミツバチがどうやって巣に帰るのかについて話します。",
    "ミツバチは太陽の位置を数時間も覚えていることができます。",
    "曇りの日には川や森の端を目印にして飛びます。",
    "農薬はミツバチの記憶を乱し、多くの働き蜂が巣に戻れなくなります。",
    "春に働き蜂を失った巣は夏までに飢えてしまいます。",
)
ARABIC = (
    "مرحبا بكم في حلقة جديدة.",
    "نتحدث اليوم عن كيف يجد النحل طريقه إلى البيت.",
    "تتذكر نحلة العسل موقع الشمس لعدة ساعات كاملة.",
    "في الأيام الغائمة يعتمد النحل على الأنهار وحواف الغابات.",
    "المبيدات تربك ذاكرة النحل فلا يعود الكثير منه إلى الخلية.",
    "كل خلية تفقد نحلها في الربيع تموت جوعا قبل الصيف.",
)
TEXTS = {"en": ENGLISH, "pl": POLISH, "de": GERMAN, "ja": JAPANESE, "ar": ARABIC}


def episode_of(
    sentences: Sequence[str],
    language: str = "en",
    *,
    speakers: Sequence[str | None] = (None,),
    spots: Sequence[Spot] = (),
    show: Show = NO_SHOW,
    word_ms: int = WORD_MS,
    probability: float = 0.9,
) -> Episode:
    """One segment per sentence; speakers take turns."""
    segments: list[Segment] = []
    at = 500
    for number, sentence in enumerate(sentences):
        words = []
        for text, spaced in _words(sentence, language):
            words.append(Word(at, at + word_ms - 50, text, probability, spaced))
            at += word_ms
        speaker = speakers[number % len(speakers)]
        segments.append(Segment(words[0].start_ms, words[-1].end_ms, tuple(words), 0, speaker, language))
        at += 200
    stream = AudioStream(0, "mp3", 44_100, 2)
    return Episode(
        source=Source("talk.mp3", "talk.mp3", "0" * 64, 1, "mp3", at, (stream,), 0),
        audio=Audio("audio.f32", at * 16, 0, -16.0, 0.0),
        speech=SpeechSpans(()),
        transcript=Transcript(Language(language, 1.0, detected=True) if segments else None, tuple(segments)),
        coverage=Coverage(at, 0, 0, 0, tuple(spots)),
        provenance=Provenance("transcribe 0", "engine 1", ModelIdentity("base", "0" * 64), ()),
        show=show,
    )


def _words(sentence: str, language: str) -> list[tuple[str, bool]]:
    if language in ("ja", "zh"):
        return [(sentence[index : index + 2], False) for index in range(0, len(sentence), 2)]
    return [(word, True) for word in sentence.split()]
