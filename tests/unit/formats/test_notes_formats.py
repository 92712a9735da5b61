"""Show notes for each destination: complete, marked, and escaped whatever is said."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt
from spoken import episode, segment

from transcribe.core.episode import Episode
from transcribe.core.errors import UsageError
from transcribe.core.settings import SubtitleSettings
from transcribe.core.show_notes import Authorship, Chapter, Link, Mention, Quote, ShowNotes, Statement
from transcribe.formats.example import example_episode
from transcribe.formats.known import FORMATS, render
from transcribe.formats.labels import DOUBTS, LABELS, doubt_in, tables
from transcribe.formats.notes import unlinked, youtube_chapters
from transcribe.notes.claims import NOT_TOGETHER
from transcribe.notes.grounds import DENIED, DENIES, ELSEWHERE, NUMBER, REWORDED, UNREAL

NOTES = [known.name for known in FORMATS.values() if known.from_notes]
MADE = [*NOTES, "page"]
EXTRACTIVE = Authorship("extractive", "1")
EMPTY = ShowNotes("", (), (), (), (), (), (), (), (), (), (), EXTRACTIVE)
HOSTILE = "<script>alert(1)</script> --> *a* [b](javascript:x) {{ 7*7 }} `c`\n\n# d\x00 &amp; ]]>"


def written(name: str, said: Episode) -> str:
    return render(said, name, SubtitleSettings()).decode()


def noted(said: Episode, **notes: Any) -> Episode:
    return replace(said, notes=replace(said.notes or EMPTY, **notes))


def arabic() -> Episode:
    return noted(episode(segment("مرحبا بالعالم", speaker="ليلى"), language="ar"), language="ar")


def japanese() -> Episode:
    return noted(episode(segment("こん にちは", spaces=False), language="ja"), language="ja")


CASES = {
    "no speakers": noted(episode(segment("Hello there."))),
    "speakers and doubt": example_episode(),
    "no doubt": noted(example_episode(), takeaways=(), long_summary=(), authorship=EXTRACTIVE),
    "arabic": arabic(),
    "japanese": japanese(),
    "nothing said": noted(episode()),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("case", CASES)
def test_every_template_fits_every_episode(name: str, case: str) -> None:
    said = CASES[case]
    text = written(name, said)
    assert "None" not in text
    assert "\n\n\n\n" not in text
    if name in ("notes", "notes-txt", "notes-html", "page"):
        for spoken in said.transcript.segments:
            assert spoken.words[0].text in text
            assert (spoken.speaker or "") in text


@pytest.mark.parametrize("name", NOTES)
def test_without_notes_they_are_asked_for(name: str) -> None:
    with pytest.raises(UsageError, match=r"talk\.mp3 has no show notes\. Ask for them with --notes"):
        written(name, episode(segment("Hello.")))


@pytest.mark.parametrize("name", [name for name in MADE if name != "checklist"])
def test_a_language_model_is_disclosed_and_the_line_can_be_changed(name: str) -> None:
    said = example_episode()
    assert said.notes is not None

    def by(disclosure: str) -> str:
        assert said.notes is not None
        return written(name, noted(said, authorship=replace(said.notes.authorship, disclosure=disclosure)))

    assert tables(LABELS)["en"]["disclosure"] in by("auto")
    assert "Robots wrote this." in by("Robots wrote this.")
    assert tables(LABELS)["en"]["disclosure"] not in by("none")
    extractive = written(name, noted(said, authorship=EXTRACTIVE))
    assert tables(LABELS)["en"]["disclosure"] not in extractive
    assert "ai_generated" not in extractive
    assert "ai-generated" not in extractive


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("notes", "\nai_generated: true\n"),
        ("newsletter", "\nai_generated: true\n"),
        ("notes-html", '<meta name="ai-generated" content="true">'),
        ("page", '<meta name="ai-generated" content="true">'),
        ("rss-html", "<!-- ai-generated: true;"),
    ],
)
def test_the_mark_for_programs_stays_without_the_line(name: str, mark: str) -> None:
    said = example_episode()
    assert said.notes is not None
    silent = noted(said, authorship=replace(said.notes.authorship, disclosure="none"))
    assert mark in written(name, silent)


@pytest.mark.parametrize("language", sorted(tables(LABELS)))
def test_disclosure_and_headings_are_in_the_notes_language(language: str) -> None:
    text = written("notes-txt", noted(example_episode(), language=language))
    assert tables(LABELS)[language]["disclosure"] in text
    assert tables(LABELS)[language]["chapters"].upper() in text
    assert tables(LABELS)[language].keys() == tables(LABELS)["en"].keys()


def test_an_unknown_language_has_english_headings() -> None:
    assert "## Chapters" in written("notes", noted(example_episode(), language="yo"))


@pytest.mark.parametrize("name", ["notes", "notes-html", "notes-txt", "newsletter", "page"])
def test_doubt_is_shown_with_its_reason(name: str) -> None:
    assert "(please check: not said)" in written(name, example_episode())


@pytest.mark.parametrize("name", ["rss-html", "youtube"])
def test_what_is_pasted_unread_holds_nothing_doubtful(name: str) -> None:
    text = written(name, example_episode())
    assert "Machines need somebody" in text
    assert "The book sold well" not in text
    assert "please check" not in text


@pytest.mark.parametrize("name", ["notes", "notes-html", "notes-txt"])
def test_the_notes_are_complete(name: str) -> None:
    text = written(name, example_episode())
    for part in (
        "A lamp that nobody tends goes out.", "Welcome", "00:15", "Ben", "Anna", "The Last Lamp",
        "Porthleven", "https://example.org/museum", "Tell a friend", "harbour office",
        "lighthouse", "Transcript",
    ):  # fmt: skip
        assert part.lower() in text.lower(), part


MENTIONED = noted(
    replace(
        example_episode(),
        show=replace(example_episode().show, links=(Link("the  WHISPER", "https://w.example/"),)),
    ),
    mentions=(
        Mention("The Whisper", "other", 0, (0,)),
        Mention("Optimax", "other", 0, (0,), "https://optimax.pl"),
        Mention("Posix", "other", 0, (0,), "javascript:alert(1)"),
        Mention("Zed", "other", 0, (0,)),
        Mention("Anna", "person", 0, (0,)),
    ),
)


@pytest.mark.parametrize("name", ["notes", "notes-html", "notes-txt"])
def test_a_mention_leads_where_the_config_or_somebody_says(name: str) -> None:
    text = written(name, MENTIONED)
    assert text.count("https://w.example/") == 2  # as a link of the show, too
    assert text.count("https://optimax.pl") == 1
    assert "javascript" not in text
    assert "Zed" in text


def test_links_to_find_are_those_that_nobody_gave() -> None:
    assert unlinked(MENTIONED) == ("Posix", "Zed")
    wanted = written("checklist", MENTIONED).split("## Links to find")[1].split("##")[0]
    assert "Zed" in wanted
    assert not any(name in wanted for name in ("Whisper", "Optimax", "Anna"))


def hostile() -> Episode:
    said = episode(segment("Hello.", speaker=HOSTILE))
    return replace(
        said,
        show=replace(
            example_episode().show,
            title=HOSTILE, episode_title=HOSTILE, hosts=(HOSTILE,), sponsor=HOSTILE, call_to_action=HOSTILE,
            url="javascript:alert(1)", links=(Link(HOSTILE, "javascript:alert(1)"), Link(HOSTILE, 'https://a.b/">')),
        ),
        notes=replace(
            EMPTY,
            chapters=(Chapter(0, 5000, HOSTILE, (0,)),),
            summary=(Statement(HOSTILE, (0,), 0),),
            takeaways=(Statement(HOSTILE, (0,), 0, "model", HOSTILE), Statement(HOSTILE, (0,), 0)),
            quotes=(Quote(HOSTILE, HOSTILE, 0, 1, (0,)),),
            mentions=(Mention(HOSTILE, "work", 0, (0,)),),
            keywords=(HOSTILE,),
            authorship=Authorship(HOSTILE, "1", HOSTILE),
        ),
    )  # fmt: skip


class Tags(HTMLParser):
    """Collects the elements and the addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("name", ["notes-html", "rss-html", "page"])
def test_hostile_text_stays_text_in_html(name: str) -> None:
    text = written(name, hostile())
    tags = Tags(text)
    assert tags.seen.count("script") == (2 if name == "page" else 0)
    assert not [url for url in tags.addresses if url.lower().startswith(("javascript", "data"))]
    assert "\x00" not in text
    assert "49" not in re.sub(r"<(style|script).*?</\1>", "", text, flags=re.DOTALL)
    assert text.count("<!--") == text.count("-->")


def test_the_feed_gets_simple_html_only() -> None:
    assert set(Tags(written("rss-html", example_episode())).seen) <= {"p", "ul", "li", "a", "strong", "em"}


@pytest.mark.parametrize("name", ["notes", "newsletter", "checklist"])
def test_hostile_text_stays_text_in_markdown(name: str) -> None:
    text = written(name, hostile())
    front, body = re.fullmatch(r"(?:---\n(.*?)\n---\n)?(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    tokens = MarkdownIt("commonmark").parse(body)
    inline = [child for token in tokens for child in token.children or []]
    assert not [token for token in [*tokens, *inline] if "html" in token.type]
    assert not [
        token for token in [*tokens, *inline] if "code" in token.type and not token.content.startswith("--")
    ]
    links = [str(child.attrs["href"]) for child in inline if child.type == "link_open"]
    assert [url for url in links if not url.startswith("https://")] == []
    assert bool(front) == (name != "checklist")
    for line in (front or "").splitlines():
        value = line.partition(": ")[2]
        assert value == "true" or json.loads(value)


def test_youtube_gets_no_angles() -> None:
    text = written("youtube", hostile())
    assert not set("<>\x00") & set(text)
    assert "‹script›" in text


def chapters(*starts_s: float, end_s: int) -> tuple[Chapter, ...]:
    ends = [*starts_s[1:], end_s][: len(starts_s)]
    return tuple(
        Chapter(round(1000 * a), round(1000 * b), f"c{a}", (0,)) for a, b in zip(starts_s, ends, strict=True)
    )


@pytest.mark.parametrize(
    ("starts", "end", "kept"),
    [
        ((0, 10, 20), 30, [0, 10, 20]),
        ((0.4, 10, 20), 30, [0, 10, 20]),
        ((0, 10), 30, []),
        ((0, 9, 20, 30), 60, [0, 20, 30]),
        ((0, 10, 20), 29, []),
        ((5, 20, 40), 60, []),
        ((), 0, []),
    ],
)
def test_youtube_takes_three_chapters_of_ten_seconds_from_zero(
    starts: tuple[float, ...], end: int, kept: list[int]
) -> None:
    assert [each.start_ms // 1000 for each in youtube_chapters(chapters(*starts, end_s=end))] == kept


def test_youtubes_chapters_stand_in_the_description() -> None:
    assert re.findall(r"^[\d:]+ ", written("youtube", example_episode()), re.MULTILINE) == [
        "00:00 ",
        "00:15 ",
        "00:30 ",
    ]


def test_texts_for_readers_hold_no_escapes_where_none_are_needed() -> None:
    said = "Łódź zapłaciła $12.5 (i ~5% snake_case) & 3 < 5 [śmiech] – 'tak', 2 * 2 #1."
    claim = (Statement(said, (0,), 0),)
    spoken = replace(episode(segment(said)), show=replace(example_episode().show, title=said))
    for name in ("notes", "newsletter", "checklist"):
        text = written(name, noted(spoken, takeaways=claim, summary=claim, keywords=(said,)))
        assert said in text or name == "checklist"
        assert "\\" not in text


def test_the_checklist_has_what_somebody_has_to_settle() -> None:
    text = written("checklist", noted(example_episode()))
    for item in (
        "- [ ] example-model", "- [ ] The book sold well", "- [ ] The Last Lamp (", "- [ ] Porthleven (",
        "- [ ] Welcome",
    ):  # fmt: skip
        assert item in text, item
    assert "YouTube" not in text
    bare = written("checklist", noted(episode(segment("Hello.")), chapters=chapters(0, end_s=30)))
    assert "YouTube shows none" in bare
    assert "Statements in doubt" not in bare
    assert "(`--host`)" in bare


@pytest.mark.parametrize("name", [name for name in NOTES if name != "checklist"])
def test_readers_get_no_marks_for_the_producer(name: str) -> None:
    assert "todo" not in written(name, example_episode()).lower()


def test_reasons_for_doubt_are_told_in_every_language_that_has_labels() -> None:
    reasons = {DENIED, DENIES, ELSEWHERE, NOT_TOGETHER, NUMBER, REWORDED, UNREAL, "“{}” was not said"}
    assert {*tables(DOUBTS), "en"} == {*tables(LABELS)}
    assert all({*table} == reasons for table in tables(DOUBTS).values())
    assert doubt_in("pl", "“Łódź {}” was not said") == "„Łódź {}” nie padło"
    assert doubt_in("pl", "something new") == doubt_in("xx", "something new") == "something new"


@pytest.mark.parametrize("name", ["notes", "notes-html", "checklist", "page"])
def test_a_reason_for_doubt_is_in_the_reader_s_language(name: str) -> None:
    doubtful = Statement("Ala ma kota.", (0,), 0, "model", REWORDED)
    said = noted(episode(segment("Ala ma psa."), language="pl"), language="pl", takeaways=(doubtful,))
    content = written(name, said)
    assert "za dużo z tego nie padło w tej postaci" in content
    assert REWORDED not in content
