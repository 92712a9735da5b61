"""What is taken for a loop or an invention, and what is not."""

from __future__ import annotations

import pytest

from transcribe.core.episode import Word
from transcribe.core.hearing import DecodingOptions
from transcribe.pipeline.hearing.doubt import (
    bare,
    doubts,
    is_loop,
    is_prompt,
    is_stock_phrase,
    is_too_fast,
    loop_ratio,
    repeats,
)

TALK = (
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of "
    "foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light"
)
DECLARATION = {
    "th": (
        "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม "
        "และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ ทุกคนย่อมมีสิทธิและอิสรภาพทั้งปวงตามที่กำหนดไว้ในปฏิญญานี้ "
        "โดยปราศจากความแตกต่างไม่ว่าชนิดใด ๆ ดังเช่น เชื้อชาติ ผิว เพศ ภาษา ศาสนา ความคิดเห็นทางการเมืองหรือทางอื่น"
    ),
    "hi": (
        "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की "
        "देन प्राप्त है और परस्पर उन्हें भाईचारे के भाव से बर्ताव करना चाहिए। सभी को इस घोषणा में सन्निहित सभी अधिकारों और "
        "आज़ादियों को प्राप्त करने का हक़ है और इस मामले में जाति, वर्ण, लिंग, भाषा, धर्म, राजनीति या अन्य विचार"
    ),
    "ja": (
        "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて"
        "平等である。人間は、理性と良心とを授けられており"
    ),
}  # fmt: skip


def spoken(text: str, ms_a_word: int = 300, probability: float = 0.9) -> list[Word]:
    return [
        Word(i * ms_a_word, (i + 1) * ms_a_word, each, probability) for i, each in enumerate(text.split())
    ]


def characters(text: str, ms_a_word: int = 150) -> list[Word]:
    """As a script without spaces is decoded."""
    return [
        Word(i * ms_a_word, (i + 1) * ms_a_word, each, 0.9, space_before=False) for i, each in enumerate(text)
    ]


def found(words: list[Word], duration_ms: int = 20_000, prompt: str = "") -> tuple[str, ...]:
    return doubts(words, duration_ms, DecodingOptions("en", prompt=prompt))


@pytest.mark.parametrize("text", [TALK, *DECLARATION.values()], ids=["en", *DECLARATION])
def test_plain_speech_raises_no_doubt_in_any_script(text: str) -> None:
    assert found(characters(text, ms_a_word=80)) == ()


def test_nothing_said_is_nothing_doubtful() -> None:
    assert found([]) == ()


@pytest.mark.parametrize("text", ["Dziękuję", "ขอบคุณ", "one of the most important parts of the"])
def test_text_that_repeats_itself_is_a_loop(text: str) -> None:
    assert loop_ratio(spoken(" ".join([text] * 40))) > 2.4
    assert is_loop(spoken(" ".join([text] * 5)))
    assert is_loop(characters(text.replace(" ", "") * 5))


@pytest.mark.parametrize(
    ("text", "times"),
    [("a b c", 1), ("a a b", 2), ("Words, words. Words! words?", 4), ("x a b a b a b y", 3)],
)
def test_repeats_are_counted_in_a_row(text: str, times: int) -> None:
    assert repeats(spoken(text)) == times


def test_four_times_is_still_speech() -> None:
    assert not is_loop(spoken("words words words words"))
    assert is_loop(spoken("words words words words words"))


def test_guesses_are_told_by_their_probability() -> None:
    assert found(spoken("so it goes", probability=0.3)) == ("guessed",)
    assert found(spoken("so it goes", probability=0.4)) == ()


def test_nobody_says_so_much_in_so_little_time() -> None:
    assert is_too_fast(spoken(TALK, ms_a_word=60))
    assert not is_too_fast(spoken(TALK, ms_a_word=200))
    assert not is_too_fast(spoken("Nevertheless, unquestionably", ms_a_word=10))
    assert is_too_fast(characters(DECLARATION["ja"], ms_a_word=60))
    assert not is_too_fast(characters(DECLARATION["ja"], ms_a_word=90))


@pytest.mark.parametrize(
    ("text", "leaked"),
    [
        ("Anna Nowak, Łódź, Świętokrzyskie, whisper.cpp", True),
        ("So, Anna Nowak, Łódź, Świętokrzyskie, whisper.cpp", True),
        ("Today Anna Nowak from Łódź tells us about whisper.cpp", False),
        ("Anna Nowak, Łódź, Świętokrzyskie, whisper.cpp are what we talk about this evening", False),
        ("Łódź, Świętokrzyskie, whisper.cpp.", True),
        ("Anna Nowak", False),
        ("an", False),
        ("... — ! ? –", False),
    ],
)
def test_the_prompt_read_out_is_noticed(text: str, leaked: bool) -> None:
    prompt = "Glossary: Anna Nowak, Łódź, Świętokrzyskie, whisper.cpp."
    assert is_prompt(spoken(text), prompt, 2_000) is leaked
    assert not is_prompt(spoken(text), "", 4_000)


@pytest.mark.parametrize("text", ["Ala, Marek, Zofia.", "Ala, Marek.", "Zofia", "marek zofia"])
def test_names_of_the_prompt_alone_in_a_window_with_room_for_more_were_read(text: str) -> None:
    assert is_prompt(spoken(text), "Ala, Marek, Zofia.", 10_000)


def test_a_name_that_fills_its_window_was_said() -> None:
    assert not is_prompt(spoken("Ala, Marek."), "Ala, Marek, Zofia.", 1_500)
    assert not is_prompt(spoken("Marek, Ala."), "Ala, Marek, Zofia.", 10_000)
    assert not is_prompt(spoken("man"), "Manfred.", 10_000)


def test_the_prompt_read_out_is_noticed_without_spaces() -> None:
    assert is_prompt(characters("東京都庁、新宿区"), "用語：東京都庁、新宿区。", 4_000)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you.",
        "Thanks for watching!",
        "Vielen Dank fürs Zuschauen!",
        "Dziękuję za uwagę.",
        "Napisy stworzone przez społeczność Amara.org",
        "Sous-titrage ST' 501",
        "Продолжение следует...",
        "you",
    ],
)
def test_a_stock_phrase_is_doubted_in_a_window_with_room_for_more(text: str) -> None:
    assert is_stock_phrase(spoken(text), 10_000)


def test_a_stock_phrase_without_spaces() -> None:
    assert is_stock_phrase(characters("ご視聴ありがとうございました。"), 10_000)


def test_thanks_that_fill_their_window_or_end_a_talk_are_real() -> None:
    assert not is_stock_phrase(spoken("Thank you."), 1_500)
    assert not is_stock_phrase(spoken("Thank you very much.", ms_a_word=1000), 7_000)
    assert not is_stock_phrase(spoken("And that is all. Thank you."), 20_000)


def test_punctuation_and_case_do_not_make_another_word() -> None:
    assert bare("„Dziękuję!”") == bare("dzie\u0328kuje\u0328") == "dziękuję"
    assert bare("don't") == "don't"
