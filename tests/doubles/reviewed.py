"""A transcript that is reviewed: an uncertain place, a doubtful note, and a policy that it breaks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from transcribe.control.policy.read import read_policy
from transcribe.control.review.items import Item
from transcribe.control.review.state import ReadPolicy, Review, review_of
from transcribe.core.corrections.edit import Line
from transcribe.core.episode import Episode, Spot
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.example import example_episode
from transcribe.formats.known import render
from transcribe.jobs.correct import opened
from transcribe.jobs.edit_lines import Edit, edit_lines

POLICY = """
version = 1
name = "Latarnie"
[[rules]]
id = "no-lamp"
title = "No lamps"
words = ["lamp"]
severity = "block"
[[rules]]
id = "sponsor"
title = "The sponsor is named"
want = "present"
words = ["sponsored by"]
[[questions]]
id = "opinion"
title = "No opinion"
ask = "Does anybody say what he thinks?"
"""
SPOT = Spot(15_000, 18_000, "uncertain", "words of low probability")


def spotted() -> Episode:
    episode = example_episode()
    return replace(episode, coverage=replace(episode.coverage, spots=(SPOT,)))


@dataclass(frozen=True)
class Desk:
    """A folder with a transcript, as one reviewer sees it."""

    document: Path
    policy: ReadPolicy

    @classmethod
    def of(cls, folder: Path, name: str = "talk.json") -> Desk:
        document = folder / name
        document.write_bytes(render(spotted(), "json", SubtitleSettings()) or b"")
        policy = folder / "policy.toml"
        policy.write_text(POLICY, "utf-8")
        return cls(document, read_policy(policy))

    def review(self) -> Review:
        return review_of(opened(self.document), self.policy)

    def item(self, what: str) -> Item:
        return next(each.item for each in self.review().standings if each.item.what == what)

    def correct(self, segment: int, text: str, who: str = "Ala") -> None:
        of = opened(self.document)
        first = of.layer.row.starts[segment]
        end = first + len(of.transcript.segments[segment].words)
        seen = tuple(each.correction.id for each in of.layer.placed)
        speaker = of.transcript.segments[segment].speaker
        edit_lines(of, [Edit(first, end, (Line(text, speaker),), seen)], who=who)
