"""Remakes the notes and pages in `docs/examples/`, without a language model and by one; counts its drafts.

    python docs/make_examples.py [--audio ../shared/audio] [--model qwen2.5-coder-1.5b] [--extractive]
                                 [--only NAME,NAME]

Run it with `make examples-notes`. Needs the models `base` and `qwen2.5-coder-1.5b`, and what `make llm`
installs. The counts stand in `docs/examples/README.md` between marks; copy them to `docs/notes.md` when they
change.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.chapters import TALKS, read_talk  # noqa: E402
from benchmarks.truth import material as conversation  # noqa: E402
from transcribe import render_episode, transcribe_file  # noqa: E402
from transcribe.core.episode import Coverage, Episode, Language, Segment, Transcript, Word  # noqa: E402
from transcribe.core.events import WriterAdvanced, silent  # noqa: E402
from transcribe.core.settings import Settings  # noqa: E402
from transcribe.jobs.assemble.writer import choose_writer  # noqa: E402
from transcribe.notes.extractive import write_extractive  # noqa: E402
from transcribe.notes.material import material_of  # noqa: E402
from transcribe.notes.truth import Checked  # noqa: E402
from transcribe.notes.write import PARTS, judge, write_notes  # noqa: E402
from transcribe.notes.writer import Drafts, Material, Part  # noqa: E402

FOLDER = ROOT / "docs" / "examples"
BEGIN, END = "<!-- counts -->", "<!-- end of counts -->"
SAMPLE = "two-voices"
RECORDED = {"columbia": ("columbia.wma", "en"), "daniel-de": ("daniel-de.mp3", "de")}
SPOKEN = {
    "bread": lambda: read_talk(TALKS / "en.md").material,
    "bakery": lambda: conversation("bakery", "en"),
    "network-pl": lambda: read_talk(TALKS / "pl.md").material,
}
"""Texts that were written for this project, read as if they had been recognised."""


class Kept:
    """A writer that has written already, so that its drafts can be counted and used."""

    def __init__(self, name: str, drafts: Drafts) -> None:
        self.name, self.died = name, ""
        self._drafts = drafts

    def write(self, material: Material, progress: Callable[[WriterAdvanced], None]) -> Drafts:
        del material, progress
        return self._drafts

    def close(self) -> None:
        pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio")
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--extractive", action="store_true", help="ask no model")
    parser.add_argument("--only", default="", help="names of examples, with commas between them")
    asked = parser.parse_args()
    names = [SAMPLE, *RECORDED, *SPOKEN]
    only = asked.only.split(",") if asked.only else names
    for name in (name for name in names if name in only):
        episode = episode_of(name, asked.audio)
        write_own(name, episode)
        if not asked.extractive:
            write_counts(by_model(name, episode, asked.model))
    return 0


def episode_of(name: str, audio: Path) -> Episode:
    """A recording that is recognised, or a text in the place of its words."""
    sample = ROOT / "samples" / f"{SAMPLE}.flac"
    if name in SPOKEN:
        return spoken(SPOKEN[name](), f"{name}.mp3", listened(sample, "en"))
    file, language = RECORDED.get(name, (sample, "en"))
    return listened(audio / file, language)


def listened(file: Path, language: str) -> Episode:
    return transcribe_file(file, model="base", language=language, threads=1)


def spoken(material: Material, name: str, like: Episode) -> Episode:
    """An episode of which the words are known; everything else is as in another one."""
    length_ms = material.duration_ms
    segments = tuple(
        Segment(
            sentence.start_ms,
            sentence.end_ms,
            words_of(sentence.text, sentence.start_ms, sentence.end_ms),
            0,
            sentence.speaker,
        )
        for sentence in material.sentences
    )
    return replace(
        like,
        source=replace(like.source, name=name, path=name, duration_ms=length_ms, tags=()),
        audio=replace(like.audio, samples=length_ms * 16),
        transcript=Transcript(Language(material.language, 1.0, detected=False), segments),
        coverage=Coverage(length_ms, 0, 0, 0, ()),
        turns=None,
    )


def words_of(text: str, start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """The words of a sentence at equal distances."""
    words = text.split()
    edges = [start_ms + (end_ms - start_ms) * at // len(words) for at in range(len(words) + 1)]
    return tuple(Word(edges[at], edges[at + 1], word, 0.9) for at, word in enumerate(words))


def write_own(name: str, episode: Episode) -> None:
    """Write the files of which no model is asked."""
    noted = replace(episode, notes=write_notes(episode, Settings().notes, None, silent))
    (FOLDER / f"{name}.extractive.notes.md").write_bytes(render_episode(noted, "notes"))
    if name in RECORDED:  # the sample's page is made as README.md says, with all that the command line adds
        (FOLDER / f"{name}.html").write_bytes(render_episode(noted, "page"))


def by_model(name: str, episode: Episode, model: str) -> str:
    """Write the file of a model; the row of the table."""
    open_writer = choose_writer(Settings.of(writer=f"llama.cpp:{model}"))
    if open_writer is None:
        raise SystemExit(f"{model} is no language model")
    material = material_of(episode)
    start = time.monotonic()
    with closing(open_writer()) as writer:
        drafts = writer.write(material, lambda far: print(f"  {name}: {far.part}", file=sys.stderr))
    took_s = time.monotonic() - start
    own = write_extractive(material, episode.coverage.spots, "")
    notes = write_notes(episode, Settings().notes, Kept(writer.name, drafts), silent)
    (FOLDER / f"{name}.model.notes.md").write_bytes(render_episode(replace(episode, notes=notes), "notes"))
    return row(name, material.duration_ms / 1000, took_s, len(drafts.drafts), *judge(drafts, material, own))


def row(
    name: str, seconds: float, took_s: float, proposed: int, checked: Checked, failures: dict[Part, str]
) -> str:
    """How many texts were proposed, and what became of them."""
    in_use = [part for part in PARTS if part not in failures]
    statements = [each for part in in_use for each in checked.statements.get(part, ())]
    others = {
        "quotes": len(checked.quotes),
        "keywords": len(checked.keywords),
        "chapters": len(checked.chapter_titles),
    }
    kept = len(statements) + sum(count for part, count in others.items() if part in in_use)
    marked = sum(bool(each.doubt) for each in statements)
    dropped = Counter(checked.dropped)
    why = "; ".join(f"{reason} {count}" for reason, count in dropped.most_common()) or "–"
    failed = Counter(failures.values())
    lost = "; ".join(f"{reason} {count}" for reason, count in failed.most_common()) or "–"
    parts = f"{len(in_use)} of {len(PARTS)}"
    times = f"{seconds:.0f}", f"{took_s:.0f}"
    cells = (name, *times, proposed, kept, marked, len(checked.dropped), why, parts, lost)
    return f"| {' | '.join(map(str, cells))} |"


def write_counts(made: str) -> None:
    """Put a row in the place of the one about the same recording."""
    page = FOLDER / "README.md"
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    name = made.split("|")[1]
    rows = [made if row.split("|")[1:2] == [name] else row for row in table.strip().splitlines()]
    page.write_text("\n".join([before + BEGIN, *rows, END + after]), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
