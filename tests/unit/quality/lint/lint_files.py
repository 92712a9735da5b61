"""Small files of every kind that is checked, to be broken by the cases."""

from __future__ import annotations

from dataclasses import dataclass, field

from transcribe.quality.lint import Asked, Length


@dataclass(frozen=True)
class Case:
    rule: str
    name: str
    bad: bytes
    good: bytes
    line: int | None = None
    asked: Asked = field(default_factory=Asked)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def case(  # a table reads better with places than with names
    rule: str,
    name: str,
    bad: str | bytes,
    good: str | bytes,
    line: int | None = None,
    asked: Asked | None = None,
) -> Case:
    return Case(rule, name, _bytes(bad), _bytes(good), line, asked or Asked())


SUBTITLE = Asked(profile="subtitle")
PODCAST = Asked(profile="podcast")
TEN_SECONDS = Asked(length=Length(10_000))

VTT = "WEBVTT\n\n00:01.000 --> 00:03.000\nGood morning.\n\n00:03.000 --> 00:05.000\nHow are you?\n"
SRT = "1\n00:00:01,000 --> 00:00:03,000\nGood morning.\n\n2\n00:00:03,000 --> 00:00:05,000\nHow are you?\n"


def vtt(text: str, times: str = "00:01.000 --> 00:03.000") -> str:
    return f"WEBVTT\n\n{times}\n{text}\n"


def srt(text: str, times: str = "00:00:01,000 --> 00:00:03,000") -> str:
    return f"1\n{times}\n{text}\n"


def segments(*segments: str) -> str:
    return '{\n"version": "1.0.0",\n"segments": [\n' + ",\n".join(segments) + "\n]}\n"


def chapters(*chapters: str) -> str:
    return '{\n"version": "1.2.0",\n"chapters": [\n' + ",\n".join(chapters) + "\n]}\n"


def psc(*chapters: str, version: str = "1.2") -> str:
    head = f'<psc:chapters version="{version}" xmlns:psc="http://podlove.org/simple-chapters">\n'
    return head + "\n".join(chapters) + "\n</psc:chapters>\n"


SHOW = (
    "<language>en</language><itunes:explicit>false</itunes:explicit><itunes:author>Ann</itunes:author>"
    '<itunes:category text="Society &amp; Culture">'
    '<itunes:category text="Documentary"/></itunes:category>'
    '<itunes:image href="https://a.example/1.jpg"/><itunes:type>serial</itunes:type>'
    "<itunes:owner><itunes:email>ann@a.example</itunes:email></itunes:owner>"
)
ENCLOSURE = '<enclosure url="https://a.example/1.mp3" length="123" type="audio/mpeg"/>'
GUID = '<guid isPermaLink="false">one</guid>'
TITLE = "<title>One</title>"


def item(*elements: str, title: str = TITLE, enclosure: str = ENCLOSURE, guid: str = GUID) -> str:
    return "<item>\n" + "\n".join((title, enclosure, guid, *elements)) + "\n</item>\n"


def feed(*elements: str, version: str = "2.0") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<rss version="{version}" xmlns:podcast="https://podcastindex.org/namespace/1.0"'
        ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">\n'
        "<channel><title>Show</title><link>https://a.example/</link><description>All</description>"
        + SHOW
        + "\n"
        + "\n".join(elements)
        + "</channel></rss>\n"
    )


def transcript(attributes: str) -> str:
    return item(f"<podcast:transcript {attributes}/>")


def bite(start: str, duration: str, title: str = "") -> str:
    return item(f'<podcast:soundbite startTime="{start}" duration="{duration}">{title}</podcast:soundbite>')


URL = 'url="https://a.example/1.vtt"'
HELLO = '{"startTime": 0, "endTime": 2, "body": "Hello"}'
INTRO = '{"startTime": 0, "title": "Intro"}'
START = '<psc:chapter start="0" title="Intro"/>'


def region(*settings: str) -> str:
    return VTT.replace("\n\n", "\n\nREGION\n" + "\n".join(settings) + "\n\n", 1)


def in_region(name: str) -> str:
    return region("id:low").replace("05.000\n", f"05.000 region:{name}\n")
