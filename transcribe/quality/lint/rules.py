"""Every rule of lint: its id, how bad it is to break it, what it says, and where that is written.

Ids are stable: scripts may name them. A rule that no longer applies is taken out, never reused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]

W3C = "W3C WebVTT"
SUBRIP = "SubRip, as all readers have it"
NETFLIX = "Netflix Timed Text Style Guide"
TRANSCRIPTS = "podcast-namespace, transcripts.md"
CHAPTERS = "podcast-namespace, jsonChapters.md"
PODLOVE = "Podlove Simple Chapters 1.2"
RSS = "RSS 2.0"
APPLE = "Apple Podcasts"
XML = "XML 1.0"
JSON = "RFC 8259"


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes:
        id: Stable name; its first part says the kind of file.
        severity: `error`, `warning` or `note`.
        meaning: What has to be, in one line.
        source: Who says so.
    """

    id: str
    severity: Severity
    meaning: str
    source: str


def _tag(name: str) -> str:
    return f"podcast-namespace, {name}.md"


def _cues(kind: str, source: str, overlap: Severity, limits: str) -> tuple[Rule, ...]:
    """The rules that WebVTT and SubRip share."""
    return (
        Rule(f"{kind}-timing", "error", "A line of times has the exact form of the format", source),
        Rule(f"{kind}-cue-order", "error", "No cue starts before the one above it", source),
        Rule(f"{kind}-cue-end", "error", "A cue ends after its start", source),
        Rule(f"{kind}-cue-overlap", overlap, "No cue starts while another is shown", NETFLIX),
        Rule(
            f"{kind}-cue-far",
            "warning",
            "A cue starts and ends within a day of the one before it: else a digit is wrong",
            "",
        ),
        Rule(f"{kind}-cue-past-end", "error", "No cue ends after the recording", source),
        Rule(f"{kind}-cue-empty", "warning", "A cue has text", source),
        Rule(f"{kind}-no-cues", "note", "The file has cues", source),
        Rule(f"{kind}-missing-blank", "error", "An empty line stands between cues", source),
        Rule(f"{kind}-stray-text", "error", "All text belongs to a cue", source),
        Rule(f"{kind}-arrow-in-text", "error", "`-->` stands in lines of times only", source),
        Rule(f"{kind}-line-length", "warning", "Lines keep to the width of the profile asked for", limits),
        Rule(f"{kind}-line-wide", "note", "Without a profile: lines have a usual width", limits),
        Rule(f"{kind}-line-count", "warning", "Cues keep to the profile's number of lines", limits),
        Rule(
            f"{kind}-reading-speed",
            "note",
            "A cue can be read in its time (speech itself may be faster)",
            NETFLIX,
        ),
        Rule(f"{kind}-cue-short", "warning", "A cue is shown for at least 5/6 s", NETFLIX),
        Rule(f"{kind}-cue-long", "warning", "A cue is shown for at most 7 s", NETFLIX),
    )


_FILE = (
    Rule("file-unreadable", "error", "The file can be read", ""),
    Rule("file-too-large", "error", "The file is at most 32 MB", ""),
    Rule("file-kind", "error", "The file is of a kind that lint knows", ""),
    Rule("file-empty", "error", "The file is not empty (SubRip of a recording without speech may be)", ""),
    Rule("file-unchecked", "note", "The file is in a format that has rules here", ""),
    Rule("more-findings", "note", "Of each rule, the first 1000 findings of a file are listed", ""),
    Rule("text-encoding", "error", "Text is UTF-8 (XML: what it declares)", "W3C WebVTT, RFC 8259"),
    Rule("text-bom", "warning", "SubRip and JSON begin without a byte order mark", JSON),
    Rule("text-nul", "error", "There are no NUL characters", W3C),
    Rule("text-control", "warning", "There are no control characters", XML),
    Rule("text-replacement", "warning", "No character was lost in an earlier conversion (U+FFFD)", "Unicode"),
    Rule("text-line-ends", "note", "All lines end in the same way", ""),
)

_VTT = (
    Rule("vtt-header", "error", "The first line is `WEBVTT`, alone or before a space and text", W3C),
    Rule("vtt-header-blank", "error", "An empty line follows the header", W3C),
    Rule(
        "vtt-header-metadata",
        "warning",
        "No `Name: value` follows the header: YouTube writes it, readers skip it",
        W3C,
    ),
    Rule(
        "vtt-file-end",
        "warning",
        "A line end stands at the end of the file; behind a header alone, two (readers do without)",
        W3C,
    ),
    *_cues("vtt", W3C, "note", TRANSCRIPTS),
    Rule("vtt-setting", "error", "Cue settings are known, well formed and named once", W3C),
    Rule(
        "vtt-setting-ignored",
        "warning",
        "Cue settings go together: none makes another one void, or its effect a matter of chance",
        W3C,
    ),
    Rule("vtt-region-setting", "error", "Region settings are known, well formed and set once", W3C),
    Rule("vtt-region-id", "error", "A region has an id of its own", W3C),
    Rule("vtt-region-unknown", "warning", "The region that a cue names is defined above it", W3C),
    Rule("vtt-id-duplicate", "error", "Identifiers of cues are unique", W3C),
    Rule("vtt-escape", "error", "`&` and `<` are escaped in text", W3C),
    Rule("vtt-tag-unknown", "error", "Tags are c, i, b, u, ruby, rt, v or lang", W3C),
    Rule(
        "vtt-tag-nesting",
        "error",
        "Tags are closed in turn; only a `<v>` around the whole cue may stay open",
        W3C,
    ),
    Rule(
        "vtt-tag-annotation",
        "error",
        "Only `<v>` and `<lang>` hold more than name and classes, end tags the name only",
        W3C,
    ),
    Rule("vtt-language", "error", "`<lang>` has a language tag", "W3C WebVTT, BCP 47"),
    Rule("vtt-voice-name", "error", "`<v>` names a speaker", W3C),
    Rule("vtt-inner-time", "error", "Times within a cue ascend and lie within it", W3C),
    Rule("vtt-style-late", "error", "STYLE and REGION stand before the first cue", W3C),
    Rule(
        "vtt-speaker-in-text",
        "note",
        "Speakers are named by `<v Name>`, not `Name:`",
        f"{APPLE}, {TRANSCRIPTS}",
    ),
)

_SRT = (
    *_cues("srt", SUBRIP, "warning", f"{NETFLIX}; {TRANSCRIPTS}"),
    Rule("srt-hours", "warning", "Hours have two digits: not all players read more", SUBRIP),
    Rule("srt-number-missing", "error", "A number stands above each line of times", SUBRIP),
    Rule("srt-number-order", "warning", "Numbers count up from 1 without gaps", SUBRIP),
    Rule("srt-markup", "note", "There is no markup: players show, obey or hide it", SUBRIP),
    Rule("srt-speaker-change", "warning", "A new speaker begins a new cue", TRANSCRIPTS),
)

_JSON = (
    Rule("json-syntax", "error", "The file is valid JSON", JSON),
    Rule("json-depth", "error", "Nesting is no deeper than readers can follow", JSON),
    Rule("json-number", "error", "Numbers are finite and of usual length", JSON),
    Rule("json-duplicate-key", "warning", "Names in an object are unique", JSON),
)

_DOCUMENT = (Rule("document-invalid", "error", "A JSON document by transcribe is one that it reads", ""),)

_TRANSCRIPT = (
    Rule("transcript-shape", "error", "An object with a list `segments` of objects", TRANSCRIPTS),
    Rule("transcript-version", "error", "`version` is there; 1.0.0 is the one defined", TRANSCRIPTS),
    Rule("transcript-type", "error", "Fields have the type the format gives them", TRANSCRIPTS),
    Rule("transcript-start-missing", "error", "Each segment has a `startTime`", TRANSCRIPTS),
    Rule("transcript-body-missing", "error", "Each segment has a `body`", TRANSCRIPTS),
    Rule("transcript-body-empty", "warning", "The body of a segment is not empty", TRANSCRIPTS),
    Rule("transcript-order", "warning", "Segments ascend", TRANSCRIPTS),
    Rule("transcript-negative", "error", "Times are not negative", TRANSCRIPTS),
    Rule("transcript-end", "error", "A segment does not end before its start", TRANSCRIPTS),
    Rule(
        "transcript-milliseconds", "warning", "Times are seconds (these look like milliseconds)", TRANSCRIPTS
    ),
    Rule("transcript-past-end", "error", "No segment ends after the recording", TRANSCRIPTS),
    Rule("transcript-none", "note", "There are segments", TRANSCRIPTS),
    Rule("transcript-field-unknown", "note", "All fields are defined by the format", TRANSCRIPTS),
)

_CHAPTERS = (
    Rule("chapters-shape", "error", "An object with a list `chapters` of objects", CHAPTERS),
    Rule("chapters-version", "error", "`version` is there, 1.0 to 1.2", CHAPTERS),
    Rule("chapters-type", "error", "Fields have the type the format gives them", CHAPTERS),
    Rule("chapters-start-missing", "error", "Each chapter has a `startTime`", CHAPTERS),
    Rule("chapters-order", "error", "Chapters ascend", CHAPTERS),
    Rule("chapters-negative", "error", "Times are not negative", CHAPTERS),
    Rule("chapters-same-start", "warning", "No two visible chapters start together", CHAPTERS),
    Rule(
        "chapters-first-at-zero",
        "warning",
        "The first chapter starts at 0, so that all of the recording is in one",
        APPLE,
    ),
    Rule("chapters-title", "warning", "Each visible chapter has a title", CHAPTERS),
    Rule("chapters-end", "error", "A chapter ends after its start", CHAPTERS),
    Rule("chapters-url", "error", "`url` and `img` are addresses with http or https", CHAPTERS),
    Rule("chapters-insecure", "note", "Addresses begin with https", "podcast-namespace, 1.0.md"),
    Rule("chapters-location", "error", "`location` has `name` and a `geo:` address", CHAPTERS),
    Rule("chapters-milliseconds", "warning", "Times are seconds (these look like milliseconds)", CHAPTERS),
    Rule(
        "chapters-past-end",
        "error",
        "No chapter lies after the end of the recording",
        CHAPTERS,
    ),
    Rule("chapters-none", "note", "There are chapters", CHAPTERS),
    Rule("chapters-field-unknown", "note", "All fields are defined by the format", CHAPTERS),
)

_XML = (
    Rule("xml-encoding", "warning", "A feed is UTF-8, though XML allows others", APPLE),
    Rule("xml-syntax", "error", "The file is well-formed XML", XML),
    Rule(
        "xml-dtd",
        "error",
        "There is no document type and no entity of one's own: careful readers refuse them",
        "defusedxml",
    ),
    Rule("xml-limits", "error", "At most 100 levels and 1,000,000 elements", ""),
    Rule(
        "xml-namespace",
        "error",
        "Prefixes are declared (in a lone snippet the feed may do that)",
        "Namespaces in XML 1.0",
    ),
    Rule(
        "xml-namespace-uri",
        "warning",
        "Well-known prefixes stand for their own namespace",
        "podcast-namespace, 1.0.md",
    ),
)

_PSC = (
    Rule("psc-version", "warning", "`version` is 1.0, 1.1 or 1.2", PODLOVE),
    Rule("psc-element", "warning", "`chapters` holds `chapter` elements only", PODLOVE),
    Rule("psc-start", "error", "`start` is a normal play time: HH:MM:SS.mmm, MM:SS or seconds", PODLOVE),
    Rule("psc-title", "error", "Each chapter has a title", PODLOVE),
    Rule("psc-order", "error", "Chapters ascend", PODLOVE),
    Rule(
        "psc-first-at-zero",
        "warning",
        "The first chapter starts at 0, so that all of the recording is in one",
        APPLE,
    ),
    Rule("psc-url", "error", "`href` and `image` are addresses with http or https", PODLOVE),
    Rule("psc-past-end", "error", "No chapter lies after the end of the recording", PODLOVE),
    Rule("psc-none", "note", "There are chapters", PODLOVE),
)

_RSS = (
    Rule("rss-root", "error", "A feed (`rss` with `channel`) or a part of one (`channel`, `item`)", RSS),
    Rule("rss-version", "error", "`rss` has version 2.0", RSS),
    Rule("rss-channel", "error", "A channel has title, link and description", RSS),
    Rule("rss-title", "error", "An item has a title or a description", RSS),
    Rule("rss-link", "error", "`link` is an address with http or https", RSS),
    Rule("rss-enclosure-missing", "warning", "An episode has an enclosure", APPLE),
    Rule("rss-enclosure-many", "warning", "An item has one enclosure", RSS),
    Rule("rss-enclosure-url", "error", "The enclosure's url is an address with http or https", RSS),
    Rule("rss-enclosure-length", "error", "The enclosure's length is its size in bytes", RSS),
    Rule("rss-enclosure-type", "error", "The enclosure has a media type", RSS),
    Rule("rss-guid-missing", "warning", "An item has a guid", APPLE),
    Rule("rss-guid-duplicate", "error", "Guids are unique", RSS),
    Rule("rss-guid-permalink", "error", 'A guid that is no address says isPermaLink="false"', RSS),
    Rule("rss-date", "error", "pubDate is a date of RFC 822", RSS),
    Rule("rss-duration", "warning", "itunes:duration is seconds or HH:MM:SS", APPLE),
    Rule("rss-language-missing", "warning", "A channel has a language", APPLE),
    Rule("rss-language", "error", "language is a language tag such as en or pt-BR", f"{APPLE}, BCP 47"),
    Rule("rss-explicit-missing", "warning", "A channel has itunes:explicit", APPLE),
    Rule("rss-explicit", "warning", "itunes:explicit is true or false", APPLE),
    Rule("rss-category-missing", "warning", "A channel has an itunes:category", APPLE),
    Rule("rss-category", "warning", "Categories and their subcategories are Apple's", APPLE),
    Rule("rss-image-missing", "warning", "A channel has an itunes:image", APPLE),
    Rule("rss-image-url", "error", "Its `href` is an address with http or https", APPLE),
    Rule("rss-author-missing", "note", "A channel has an itunes:author", APPLE),
    Rule("rss-owner-email", "warning", "itunes:owner has an e-mail address", "Spotify for Creators"),
    Rule("rss-show-type", "warning", "itunes:type is episodic or serial", APPLE),
    Rule("rss-number", "warning", "itunes:episode and itunes:season are whole numbers above 0", APPLE),
    Rule("rss-episode-type", "warning", "itunes:episodeType is full, trailer or bonus", APPLE),
    Rule("rss-place", "error", "podcast: elements stand where they belong", "podcast-namespace, 1.0.md"),
    Rule(
        "rss-transcript-url", "error", "podcast:transcript has a url with http or https", _tag("transcript")
    ),
    Rule("rss-transcript-type", "error", "podcast:transcript has a media type", _tag("transcript")),
    Rule("rss-transcript-type-known", "warning", "The type is one that apps know", _tag("transcript")),
    Rule("rss-transcript-suffix", "warning", "Type and ending of the address agree", _tag("transcript")),
    Rule(
        "rss-transcript-rel", "warning", '`rel` is "captions", on a type that has times', _tag("transcript")
    ),
    Rule("rss-transcript-language", "warning", "`language` is a language tag", _tag("transcript")),
    Rule(
        "rss-transcript-vtt",
        "note",
        "One of the transcripts is WebVTT, which Apple needs for speakers",
        TRANSCRIPTS,
    ),
    Rule("rss-chapters-url", "error", "podcast:chapters has a url with http or https", _tag("chapters")),
    Rule("rss-chapters-type", "error", "podcast:chapters has a media type", _tag("chapters")),
    Rule("rss-chapters-type-known", "warning", "Its type is application/json+chapters", _tag("chapters")),
    Rule("rss-chapters-many", "error", "An item has one podcast:chapters", _tag("chapters")),
    Rule("rss-person-name", "error", "podcast:person names somebody", _tag("person")),
    Rule("rss-person-length", "warning", "The name has at most 128 characters", _tag("person")),
    Rule("rss-person-url", "error", "`href` and `img` are addresses with http or https", _tag("person")),
    Rule(
        "rss-soundbite-time",
        "error",
        "podcast:soundbite has startTime and duration in seconds",
        _tag("soundbite"),
    ),
    Rule("rss-soundbite-length", "warning", "A sound bite lasts 15 to 120 s", _tag("soundbite")),
    Rule("rss-soundbite-title", "warning", "Its title has at most 128 characters", _tag("soundbite")),
    Rule(
        "rss-soundbite-past-end",
        "error",
        "It ends before the recording does",
        _tag("soundbite"),
    ),
    Rule("rss-insecure", "note", "Addresses begin with https", "podcast-namespace, 1.0.md"),
)

RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (*_FILE, *_VTT, *_SRT, *_JSON, *_DOCUMENT, *_TRANSCRIPT, *_CHAPTERS, *_XML, *_PSC, *_RSS)
}
"""Every rule by its id."""
