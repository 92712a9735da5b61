"""How far the review of a transcript is: what is open, what was decided, whether it may be approved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from transcribe.control.policy.items import Policy
from transcribe.control.policy.kept import Kept, kept_answers
from transcribe.control.review.items import Item, items_of
from transcribe.core.approval import NOT_APPROVED, Approval, Approvals
from transcribe.core.decision import NO_DECISIONS, Decision, Decisions, Stretch, common_ms, covers, merged
from transcribe.core.episode import Episode
from transcribe.core.events import silent
from transcribe.jobs.approvals import approvals_of
from transcribe.jobs.correct import Opened
from transcribe.jobs.decisions import decisions_of
from transcribe.pipeline.corrected import with_corrections

State = Literal["open", "accepted", "corrected", "rejected"]

ReadPolicy = tuple[Policy, str]
"""A policy and the digest of its file, as `read_policy` gives them."""

CHANGED = "its words, or what is asked of them, were changed since"
DISPUTED = "reviewers who did not know of each other decided differently"

_STATES: dict[str, State] = {"accept": "accepted", "correct": "corrected", "reject": "rejected"}


@dataclass(frozen=True)
class Standing:
    """An item, and what became of it.

    Attributes:
        decision: The latest about it, also where it does not count any more; None: nobody has decided.
        why: Why it is open although somebody has decided; else empty.
    """

    item: Item
    state: State
    decision: Decision | None = None
    why: str = ""


@dataclass(frozen=True)
class Listened:
    """How many items lie somewhere, of how many all of that was heard, and how long both are."""

    places: int
    heard: int
    places_ms: int
    heard_ms: int


@dataclass(frozen=True)
class Review:
    """A transcript under review, as it is.

    Attributes:
        episode: As people have corrected it.
        standings: Every item, in the order of the recording; last, those about all of it.
        decisions: Every decision of the file, also about items that are not there any more.
        policy: Name of the policy that it is reviewed by; empty: none.
        policy_sha256: Digest of the policy's file.
    """

    opened: Opened
    episode: Episode
    standings: tuple[Standing, ...]
    decisions: Decisions
    approvals: Approvals
    policy: str = ""
    policy_sha256: str = ""

    @property
    def open(self) -> tuple[Standing, ...]:
        """What somebody has to decide yet."""
        return tuple(each for each in self.standings if each.state == "open")

    @property
    def rejected(self) -> tuple[Standing, ...]:
        """What was rejected, and not corrected since."""
        return tuple(each for each in self.standings if each.state == "rejected")

    @cached_property
    def heard(self) -> tuple[Stretch, ...]:
        """What reviewers have heard of this recording."""
        return merged(stretch for each in _about(self.decisions, self.episode) for stretch in each.heard)

    @cached_property
    def obstacles(self) -> tuple[str, ...]:
        """Why it cannot be approved yet, for people; nothing where it can."""
        return tuple(_obstacles(self))

    @property
    def approval(self) -> Approval | None:
        """The approval that holds: nothing was corrected, decided or rejected since, nor is anything open."""
        of = self.opened
        found = self.approvals.holding(of.recognition, of.corrections.digest, self.decisions.digest)
        return None if self.obstacles else found

    def listened(self, heard: Iterable[Stretch]) -> Listened:
        """How much of the places of its items somebody has heard."""
        heard, places = merged(heard), [each.item.spans for each in self.standings if each.item.spans]
        spans = merged(stretch for each in places for stretch in each)
        return Listened(
            len(places),
            sum(covers(heard, each) for each in places),
            common_ms(spans, spans),
            common_ms(heard, spans),
        )

    def standing(self, name: str) -> Standing | None:
        """What became of the item with this id; None where there is none."""
        return self._by_id.get(name)

    @cached_property
    def _by_id(self) -> dict[str, Standing]:
        return {each.item.id: each for each in self.standings}


def review_of(of: Opened, policy: ReadPolicy | None = None, answers: Kept | None = None) -> Review:
    """The review of a transcript as it is.

    Args:
        policy: What is asked besides; None: nothing.
        answers: What a model answered to its questions; None: they are read.

    Raises:
        InputError: Its answers, decisions or approvals cannot be read.
        DependencyError: A package of the extra `control` is not installed.
    """
    episode = with_corrections(of.episode, of.corrections, silent)
    asked, sha256 = policy or (None, "")
    answers = kept_answers(of.document) if answers is None and asked and asked.questions else answers
    standings = tuple(Standing(item, "open") for item in items_of(episode, asked, answers))
    name = asked.name if asked else ""
    return refreshed(Review(of, episode, standings, NO_DECISIONS, NOT_APPROVED, name, sha256))


def refreshed(review: Review) -> Review:
    """The same transcript with the decisions and approvals that there are by now.

    Raises:
        InputError: They cannot be read.
    """
    decisions = decisions_of(review.opened.document)
    known: dict[str, list[tuple[int, Decision]]] = defaultdict(list)
    for number, each in enumerate(decisions.records):
        if each.recording == review.episode.source.sha256:
            known[each.item].append((number, each))
    standings = tuple(_standing(each.item, known.get(each.item.id, [])) for each in review.standings)
    approvals = approvals_of(review.opened.document)
    return replace(review, standings=standings, decisions=decisions, approvals=approvals)


def _standing(item: Item, known: list[tuple[int, Decision]]) -> Standing:
    """What became of an item, by the decisions about it and their numbers in the file."""
    if not known:
        return Standing(item, "open")
    last = known[-1][1]
    if last.content != item.content:
        return Standing(item, "open", last, CHANGED)
    unseen = [each for number, each in known[:-1] if number >= last.seen and each.content == item.content]
    if any((each.choice == "reject") != (last.choice == "reject") for each in unseen):
        return Standing(item, "open", last, DISPUTED)
    return Standing(item, _STATES[last.choice], last)


def _about(decisions: Decisions, episode: Episode) -> list[Decision]:
    return [each for each in decisions.records if each.recording == episode.source.sha256]


def _obstacles(review: Review) -> Iterator[str]:
    earlier = [each.policy for each in _about(review.decisions, review.episode) if each.policy]
    if earlier and not review.policy:
        yield f"it was reviewed by the policy {earlier[-1]!r}, which is not given now"
    for state, which in (("open", review.open), ("rejected", review.rejected)):
        if which:
            count = "1 item is" if len(which) == 1 else f"{len(which)} items are"
            yield f"{count} {state}"
