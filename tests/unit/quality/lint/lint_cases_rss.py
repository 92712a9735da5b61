"""For every rule about feeds a small file that breaks it and its twin that does not."""

from __future__ import annotations

from lint_files import (
    ENCLOSURE,
    URL,
    bite,
    case,
    feed,
    item,
    transcript,
)

from transcribe.quality.lint import Asked, Length

_JSON_URL = 'url="https://a.example/1.json" type="application/json"'
_CHAPTERS = '<podcast:chapters url="https://a.example/c.json" type="application/json+chapters"/>'
RSS_CASES = [
    case("rss-root", "a.xml", "<html/>", item(), 1),
    case("rss-version", "a.xml", feed(version="0.9"), feed(), 2),
    case("rss-channel", "a.xml", feed().replace("<title>Show</title>", ""), feed(), 3),
    case("rss-title", "a.xml", item(title=""), item(), 1),
    case("rss-link", "a.xml", feed().replace("<link>https:", "<link>javascript:"), feed(), 3),
    case("rss-link", "a.xml", item("<link>page</link>"), item("<link>https://a.example/1</link>"), 5),
    case("rss-enclosure-missing", "a.xml", item(enclosure=""), item(), 1),
    case("rss-enclosure-many", "a.xml", item(ENCLOSURE), item(), 5),
    case(
        "rss-enclosure-url", "a.xml", item(enclosure=ENCLOSURE.replace("https://a.example/", "")), item(), 3
    ),
    case("rss-enclosure-length", "a.xml", item(enclosure=ENCLOSURE.replace("123", "2:03")), item(), 3),
    case("rss-enclosure-type", "a.xml", item(enclosure=ENCLOSURE.replace("audio/mpeg", "mp3")), item(), 3),
    case("rss-guid-missing", "a.xml", item(guid=""), item(), 1),
    case("rss-guid-duplicate", "a.xml", feed(item(), item()), feed(item()), 13),
    case(
        "rss-guid-permalink",
        "a.xml",
        item(guid="<guid>one</guid>"),
        item(guid="<guid>https://a.example/1</guid>"),
        4,
    ),
    case(
        "rss-date",
        "a.xml",
        item("<pubDate>2025-06-03</pubDate>"),
        item("<pubDate>Tue, 03 Jun 2025 09:00:00 +0000</pubDate>"),
        5,
    ),
    *(
        case(rule, "a.xml", feed().replace(right, wrong), feed(), 3)
        for rule, right, wrong in (
            ("rss-language-missing", "<language>en</language>", ""),
            ("rss-language", "<language>en<", "<language>english<"),
            ("rss-language", "<language>en<", "<language><"),
            ("rss-explicit-missing", "<itunes:explicit>false</itunes:explicit>", ""),
            ("rss-explicit", "explicit>false<", "explicit>clean<"),
            ("rss-category-missing", "itunes:category", "itunes:kind"),
            ("rss-category", "Society &amp; Culture", "PigeonPod"),
            ("rss-category", "Documentary", "Books"),
            ("rss-image-missing", "itunes:image", "itunes:cover"),
            ("rss-image-url", "https://a.example/1.jpg", "1.jpg"),
            ("rss-author-missing", "itunes:author", "itunes:by"),
            ("rss-owner-email", "ann@a.example", ""),
            ("rss-owner-email", "ann@a.example", "ann at a.example"),
            ("rss-owner-email", "itunes:owner", "itunes:host"),
            ("rss-show-type", ">serial<", ">weekly<"),
        )
    ),
    *(
        case(
            rule,
            "a.xml",
            item(f"<itunes:{name}>{wrong}</itunes:{name}>"),
            item(f"<itunes:{name}>{right}</itunes:{name}>"),
            5,
        )
        for rule, name, right, wrong in (
            ("rss-explicit", "explicit", "true", "no"),
            ("rss-number", "episode", "12", "0"),
            ("rss-number", "episode", "1", ""),
            ("rss-number", "season", "3", "third"),
            ("rss-episode-type", "episodeType", "bonus", "extra"),
        )
    ),
    case(
        "rss-duration",
        "a.xml",
        item("<itunes:duration>5 min</itunes:duration>"),
        item("<itunes:duration>1:02:03</itunes:duration>"),
        5,
    ),
    case("rss-place", "a.xml", feed(_CHAPTERS), feed(item(_CHAPTERS)), 4),
    case(
        "rss-transcript-url", "a.xml", transcript('type="text/vtt"'), transcript(f'{URL} type="text/vtt"'), 5
    ),
    case("rss-transcript-type", "a.xml", transcript(URL), transcript(f'{URL} type="text/vtt"'), 5),
    case(
        "rss-transcript-type-known",
        "a.xml",
        transcript(f'{URL} type="text/webvtt"'),
        transcript(f'{URL} type="text/vtt"'),
        5,
    ),
    case(
        "rss-transcript-suffix",
        "a.xml",
        transcript(f'{URL} type="text/html"'),
        transcript(f'{URL} type="text/vtt"'),
        5,
    ),
    case(
        "rss-transcript-rel",
        "a.xml",
        transcript(f'{URL} type="text/vtt" rel="subtitles"'),
        transcript(f'{URL} type="text/vtt" rel="captions"'),
        5,
    ),
    case(
        "rss-transcript-rel",
        "a.xml",
        transcript('url="https://a.example/1.txt" type="text/plain" rel="captions"'),
        transcript(f'{_JSON_URL} rel="captions"'),
        5,
    ),
    case(
        "rss-transcript-language",
        "a.xml",
        transcript(f'{URL} type="text/vtt" language="en_US"'),
        transcript(f'{URL} type="text/vtt" language="en-US"'),
        5,
    ),
    case("rss-transcript-vtt", "a.xml", transcript(_JSON_URL), transcript(f'{URL} type="text/vtt"'), 5),
    case("rss-chapters-url", "a.xml", item(_CHAPTERS.replace("https", "file")), item(_CHAPTERS), 5),
    case("rss-chapters-type", "a.xml", item(_CHAPTERS.replace("type=", "kind=")), item(_CHAPTERS), 5),
    case("rss-chapters-type-known", "a.xml", item(_CHAPTERS.replace("+chapters", "")), item(_CHAPTERS), 5),
    case("rss-chapters-many", "a.xml", item(_CHAPTERS, _CHAPTERS), item(_CHAPTERS), 6),
    case(
        "rss-person-name", "a.xml", item("<podcast:person/>"), item("<podcast:person>Ann</podcast:person>"), 5
    ),
    case(
        "rss-person-length",
        "a.xml",
        item(f"<podcast:person>{'a' * 129}</podcast:person>"),
        item(f"<podcast:person>{'a' * 128}</podcast:person>"),
        5,
    ),
    case(
        "rss-person-url",
        "a.xml",
        feed('<podcast:person img="me.jpg">Ann</podcast:person>'),
        feed("<podcast:person>Ann</podcast:person>"),
        4,
    ),
    case("rss-soundbite-time", "a.xml", bite("1:00", "20"), bite("60", "20"), 5),
    case("rss-soundbite-length", "a.xml", bite("60", "14.9"), bite("60", "15.0"), 5),
    case("rss-soundbite-length", "a.xml", bite("60", "121"), bite("60", "120"), 5),
    case("rss-soundbite-title", "a.xml", bite("60", "20", "a" * 129), bite("60", "20", "a" * 128), 5),
    case(
        "rss-soundbite-past-end", "a.xml", bite("1", "20"), bite("0", "20"), 5, Asked(length=Length(20_000))
    ),
    case("rss-insecure", "a.xml", item(enclosure=ENCLOSURE.replace("https", "http")), item(), 3),
]
