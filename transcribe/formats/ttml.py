"""TTML (.ttml) in the IMSC 1.1 text profile: subtitles for broadcast and streaming (W3C Recommendation).

Speakers are `ttm:agent`; their names are not shown, as in WebVTT.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from transcribe.core.episode import Episode
from transcribe.core.settings import SubtitleSettings
from transcribe.core.timecode import format_timecode
from transcribe.formats.cue_times import Cue
from transcribe.formats.cues import lay_out
from transcribe.formats.labels import RIGHT_TO_LEFT
from transcribe.formats.markup import added, xml_file
from transcribe.formats.outline import facts_of, one_line

TT = "{http://www.w3.org/ns/ttml}"
METADATA = "{http://www.w3.org/ns/ttml#metadata}"
PARAMETER = "{http://www.w3.org/ns/ttml#parameter}"
STYLING = "{http://www.w3.org/ns/ttml#styling}"
XML = "{http://www.w3.org/XML/1998/namespace}"
PROFILE = "http://www.w3.org/ns/ttml/profile/imsc1.1/text"

PREFIXES = {"": TT, "ttm": METADATA, "ttp": PARAMETER, "tts": STYLING}

REGION = {"origin": "10% 10%", "extent": "80% 80%", "displayAlign": "after", "textAlign": "center"}
"""At the bottom, within the safe area that broadcasters keep free of edges."""


def write(episode: Episode, settings: SubtitleSettings) -> bytes:
    """The transcript as TTML, laid out as in WebVTT."""
    for prefix, namespace in PREFIXES.items():
        ET.register_namespace(prefix, namespace.strip("{}"))
    cues = lay_out(episode.transcript, settings, until_ms=episode.audio.end_ms, overlap=True)
    names = dict.fromkeys(cue.speaker for cue in cues if cue.speaker)
    agents = {name: f"speaker{number}" for number, name in enumerate(names, 1)}
    facts = facts_of(episode)
    root = ET.Element(f"{TT}tt", {f"{XML}lang": facts.language, f"{PARAMETER}contentProfiles": PROFILE})
    _add_head(root, facts.title, facts.language, agents)
    block = added(added(root, f"{TT}body"), f"{TT}div", region="bottom")
    for cue in cues:
        _add(block, cue, agents)
    return xml_file(root)


def _add_head(root: ET.Element, title: str, language: str, agents: dict[str, str]) -> None:
    head = added(root, f"{TT}head")
    about = added(head, f"{TT}metadata")
    added(about, f"{METADATA}title", title)
    for name, identifier in agents.items():
        agent = added(about, f"{METADATA}agent", **{"type": "person", f"{XML}id": identifier})
        added(agent, f"{METADATA}name", one_line(name), type="full")
    direction = {"direction": "rtl"} if language in RIGHT_TO_LEFT else {}
    style = {f"{STYLING}{name}": value for name, value in {**REGION, **direction}.items()}
    added(added(head, f"{TT}layout"), f"{TT}region", **{f"{XML}id": "bottom", **style})


def _add(block: ET.Element, cue: Cue, agents: dict[str, str]) -> None:
    speaker = {f"{METADATA}agent": agents[cue.speaker]} if cue.speaker else {}
    times = {"begin": format_timecode(cue.start_ms), "end": format_timecode(cue.end_ms)}
    first, *others = map(one_line, cue.lines)
    paragraph = added(block, f"{TT}p", first, **times, **speaker)
    for line in others:
        added(paragraph, f"{TT}br").tail = line
