"""A review in the terminal: one item after the other, by single keys; every decision is kept at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from transcribe.cli.keyboard import Keyboard, edit
from transcribe.cli.options import say
from transcribe.cli.review_text import body_of, head_of, standing_of, told
from transcribe.control.review.decide import approve, decide, needs_reason, reject
from transcribe.control.review.items import Item
from transcribe.control.review.lines import edits_of, lines_at
from transcribe.control.review.listen import Listener
from transcribe.control.review.state import ReadPolicy, Review, Standing, refreshed, review_of
from transcribe.core.corrections.change import Prefer
from transcribe.core.decision import Choice, Stretch, covers, merged
from transcribe.core.errors import Interrupted, TranscribeError
from transcribe.core.events import silent
from transcribe.core.settings import Settings
from transcribe.core.timecode import format_duration, format_stretch
from transcribe.jobs.correct import opened
from transcribe.jobs.edit_lines import ClashError, Edit, revise_lines
from transcribe.jobs.memory import remember_people
from transcribe.jobs.signing import signer_of

ITEM_KEYS = "p play  a accept  c correct  e correct in the editor  r reject  s skip  b back  q quit"
END_KEYS = "a approve  r reject the transcript  b back  q quit"


def go_through(
    document: Path, policy: ReadPolicy | None, settings: Settings, who: str, recording: Path | None
) -> Review:
    """Show a reviewer one item after the other, and keep what they decide; how it is in the end.

    Args:
        who: Who reviews; empty: it is asked for.
        recording: Where the recording lies; None: beside the document.

    Raises:
        UsageError: There is no terminal.
        InputError: The transcript, or what people said of it, cannot be read.
        OutputError: It cannot be written.
    """
    keyboard = Keyboard()
    review = review_of(opened(document), policy)
    desk = _Desk(keyboard, review, policy, settings, recording)
    try:
        desk.who = who or keyboard.line("Your name: ")
        while not desk.done:
            desk.step()
    except EOFError:  # the terminal is gone, or Ctrl-D
        pass
    finally:
        desk.remember()
    return refreshed(desk.review)


def _seconds(ms: int) -> str:
    return f"{ms / 1000:.1f} s"


class _Desk:
    """One transcript before one reviewer."""

    def __init__(
        self,
        keyboard: Keyboard,
        review: Review,
        policy: ReadPolicy | None,
        settings: Settings,
        recording: Path | None,
    ) -> None:
        self.who, self.done = "", False
        self.review = review
        self._keyboard, self._policy, self._settings = keyboard, policy, settings
        self._listener = Listener(review.episode, settings, recording)
        self._heard: dict[str, list[Stretch]] = {}
        self._untold = False
        self._at = self._next_open(-1)

    def step(self) -> None:
        """Show where the reviewer is, and do what they want."""
        standings = self.review.standings
        keys: Mapping[str, Callable[[], None]]
        if self._at < len(standings):
            item = standings[self._at].item
            self._show(standings[self._at])
            keys = {
                "p": lambda: self._play(item),
                "a": lambda: self._decide(item, "accept"),
                "c": lambda: self._correct(item, in_editor=False),
                "e": lambda: self._correct(item, in_editor=True),
                "r": lambda: self._decide(item, "reject"),
                "s": self._skip,
            }
        else:
            self._show_end()
            keys = {"a": self._approve, "r": self._reject}
        keys = {**keys, "b": self._back, "q": self._quit}
        while (key := self._keyboard.key()) not in keys:
            say(ITEM_KEYS if self._at < len(standings) else END_KEYS)
        try:
            keys[key]()
        except Interrupted:
            raise
        except TranscribeError as error:
            say(f"not done: {error}")
        except EOFError:
            say("not done")

    def remember(self) -> None:
        """Tell the manifest of what was decided."""
        if self._untold:
            remember_people(
                self.review.opened.document, self.review.episode.source.name, signer_of(self._settings)
            )
            self._untold = False

    def _show(self, standing: Standing) -> None:
        item = standing.item
        heard = covers((*self.review.heard, *self._heard.get(item.id, ())), item.spans)
        listened = "" if not item.spans else ", heard" if heard else ", not heard"
        say("")
        say(
            f"{self._at + 1} of {len(self.review.standings)}, {standing.state}{listened}: {head_of(standing)}"
        )
        for line in body_of(standing):
            say(f"  {line}")
        say(f"  {item.reason}" + (f"; {item.decides} decides" if item.decides else ""))
        if item.evidence:
            say(f"  evidence: {item.evidence}")
        say(ITEM_KEYS)

    def _show_end(self) -> None:
        review = self.review
        heard = merged((*review.heard, *self._all_heard()))
        of = review.listened(heard)
        places = (
            f"{of.heard} of {of.places} places heard, {_seconds(of.heard_ms)} of {_seconds(of.places_ms)}"
        )
        corrections = len(review.opened.corrections.records)
        open_ = "; ".join(review.obstacles) or "nothing is open"
        say("")
        say(f"{review.opened.document}: {open_}; {standing_of(review)}")
        say(f"  {places}; {format_duration(sum(end - start for start, end in heard))} of the recording")
        say(f"  {corrections} corrections, policy: {review.policy or 'none'}")
        say(END_KEYS)

    def _play(self, item: Item) -> None:
        if not item.spans:
            say("this is about the whole recording; listen to it elsewhere")
        for span in item.spans:
            say(f"playing {format_stretch(*span)}; any key stops it")
            played = self._listener.hear(span, self._keyboard.pressed)
            self._heard.setdefault(item.id, []).append(played)

    def _decide(self, item: Item, choice: Choice) -> None:
        reason = ""
        if needs_reason(self.review, item, choice):
            reason = self._keyboard.line("Reason: ")
        made = decide(
            self.review, item, choice, who=self.who, reason=reason, heard=self._heard.pop(item.id, ())
        )
        self._untold = True
        for each in made.meanwhile:
            say(told(each.who, each.choice, each.reason))
        self.review = refreshed(self.review)
        self._at = self._next_open(self._at)

    def _correct(self, item: Item, *, in_editor: bool) -> None:
        document = self.review.opened.document
        seen = opened(document)
        lines = lines_at(seen, item)
        texts = [line.segment.text for line in lines]
        if in_editor:
            wanted = edit("\n".join(texts) + "\n").splitlines()
        elif item.spans:
            wanted = [
                self._keyboard.line(f"{line.segment.speaker or 'Text'}: ", line.segment.text)
                for line in lines
            ]
        else:
            say("this is about the whole recording; correct it in the editor (e)")
            return
        edits = edits_of(seen, lines, wanted)
        if not edits or not self._revise(edits):
            say("nothing was corrected")
            return
        self._untold = False  # the manifest was written with the corrections
        self.review = review_of(opened(document), self._policy)
        here = self._at
        self._decide(item, "correct")
        self._at = self._next_open(here - 1)

    def _revise(self, edits: list[Edit], prefer: Prefer | None = None) -> bool:
        """Whether the corrections were made; where others were faster, the reviewer chooses."""
        document = self.review.opened.document
        try:
            revise_lines(opened(document), edits, self._settings, silent, who=self.who, prefer=prefer)
        except ClashError as error:
            for each in error.clashes:
                theirs = " / ".join(line.segment.text for line in each.theirs)
                say(f"{each.who or 'somebody'} has changed this meanwhile: {theirs}")
            say("m keep mine  t keep theirs")
            prefer = {"m": "mine", "t": "theirs"}.get(self._keyboard.key())  # type: ignore[assignment]
            return prefer is not None and self._revise(edits, prefer)
        return True

    def _approve(self) -> None:
        if self.review.obstacles:
            say(f"this cannot be approved: {'; '.join(self.review.obstacles)}")
            return
        reason = self._keyboard.line("What was checked, and why it may be published: ")
        approve(
            self.review,
            who=self.who,
            reason=reason,
            heard=self._all_heard(),
            signer=signer_of(self._settings),
        )
        self._finish()

    def _reject(self) -> None:
        reason = self._keyboard.line("Why the transcript is rejected: ")
        reject(
            self.review,
            who=self.who,
            reason=reason,
            heard=self._all_heard(),
            signer=signer_of(self._settings),
        )
        self._finish()

    def _finish(self) -> None:
        self._untold = False
        self.review = refreshed(self.review)
        say(standing_of(self.review))
        self.done = True

    def _all_heard(self) -> list[Stretch]:
        return [stretch for each in self._heard.values() for stretch in each]

    def _skip(self) -> None:
        later = (
            number for number in range(self._at + 1, len(self.review.standings)) if self._is_open(number)
        )
        self._at = next(later, len(self.review.standings))

    def _back(self) -> None:
        self._at = max(0, self._at - 1)

    def _quit(self) -> None:
        self.done = True

    def _next_open(self, at: int) -> int:
        """The next open item after one, else the first one, else the end."""
        count = len(self.review.standings)
        order = [*range(at + 1, count), *range(min(at + 1, count))]
        return next((number for number in order if self._is_open(number)), count)

    def _is_open(self, number: int) -> bool:
        return self.review.standings[number].state == "open"
