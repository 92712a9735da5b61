"""Remakes the notes and pages in `docs/examples/`, by every kind of writer, and counts what became of them.

    python docs/make_examples.py [--audio ../shared/audio] [--server llama-server] [--only NAME,NAME]

Run it with `make examples-notes`. Needs the models `base` and `smollm2` and what `make llm` installs. The
counts stand in `docs/examples/README.md` between marks; copy them to `docs/notes.md` when they change.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import llm_servers  # noqa: E402
from transcribe import render_episode, transcribe_file  # noqa: E402
from transcribe.core.episode import Episode  # noqa: E402
from transcribe.core.events import WriterAdvanced, silent  # noqa: E402
from transcribe.core.settings import Settings  # noqa: E402
from transcribe.jobs.assemble.writer import choose_writer  # noqa: E402
from transcribe.models.store import Store  # noqa: E402
from transcribe.notes.extractive import write_extractive  # noqa: E402
from transcribe.notes.material import material_of  # noqa: E402
from transcribe.notes.truth import Checked  # noqa: E402
from transcribe.notes.write import PARTS, judge, write_notes  # noqa: E402
from transcribe.notes.writer import Drafts, Material, Part, Writer  # noqa: E402

FOLDER = ROOT / "docs" / "examples"
BEGIN, END = "<!-- counts -->", "<!-- end of counts -->"
CONTEXT = 2048
LANGUAGE_MODEL = "smollm2"
SAMPLE = "two-voices"


@dataclass(frozen=True)
class Clip:
    """A recording whose words may be shown; where it comes from stands in the folder's README."""

    name: str
    file: Path
    language: str


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
    parser.add_argument("--server", choices=llm_servers.KINDS, default="llama-server")
    parser.add_argument("--only", default="", help="names of clips, with commas between them")
    asked = parser.parse_args()
    clips = [
        Clip(SAMPLE, ROOT / "samples" / "two-voices.flac", "en"),
        Clip("columbia", asked.audio / "columbia.wma", "en"),
        Clip("daniel-de", asked.audio / "daniel-de.mp3", "de"),
    ]
    only = asked.only.split(",") if asked.only else [clip.name for clip in clips]
    rows = []
    for clip in (clip for clip in clips if clip.name in only):
        episode = transcribe_file(clip.file, model="base", language=clip.language, threads=1)
        for short, writer in writers(asked.server):
            rows.append(made(clip.name, short, episode, writer))
    if len(only) == len(clips):
        write_counts(rows)
    return 0


def writers(kind: str) -> Iterator[tuple[str, Writer | None]]:
    """Every kind of writer under the short name that files have."""
    yield "extractive", None
    yield LANGUAGE_MODEL, opened(f"llama.cpp:{LANGUAGE_MODEL}")
    with llm_servers.serving(kind, Store().get(LANGUAGE_MODEL).path, CONTEXT) as port:
        yield "server", opened(f"{kind}:{llm_servers.ALIAS}", f"http://127.0.0.1:{port}")


def opened(name: str, host: str = "") -> Writer:
    settings = Settings.of(writer=name, writer_host=host, writer_context=CONTEXT, threads=1)
    open_writer = choose_writer(settings)
    if open_writer is None:
        raise SystemExit(f"{name} is no language model")
    return open_writer()


def made(name: str, short: str, episode: Episode, writer: Writer | None) -> str:
    """Write the files; the row of the table."""
    if writer is None:
        noted = replace(episode, notes=write_notes(episode, Settings().notes, None, silent))
        (FOLDER / f"{name}.{short}.notes.md").write_bytes(render_episode(noted, "notes"))
        if name != SAMPLE:  # its page is made as README.md says, with all that the command line adds
            (FOLDER / f"{name}.html").write_bytes(render_episode(noted, "page"))
        return ""
    material = material_of(episode)
    with closing(writer):
        drafts = writer.write(material, lambda far: print(f"  {name} {short}: {far.part}", file=sys.stderr))
    own = write_extractive(material, episode.coverage.spots, "")
    notes = write_notes(episode, Settings().notes, Kept(writer.name, drafts), silent)
    (FOLDER / f"{name}.{short}.notes.md").write_bytes(render_episode(replace(episode, notes=notes), "notes"))
    return row(f"{name}, {short}", len(drafts.drafts), *judge(drafts, material, own))


def row(label: str, proposed: int, checked: Checked, failures: dict[Part, str]) -> str:
    """How many texts were proposed, and what became of them."""
    in_use = [part for part in PARTS if part not in failures]
    statements = [each for part in in_use for each in checked.statements.get(part, ())]
    others = {"quotes": checked.quotes, "keywords": checked.keywords, "chapters": checked.chapter_titles}
    kept = len(statements) + sum(len(others[part]) for part in others if part in in_use)
    marked = sum(bool(each.doubt) for each in statements)
    dropped = Counter(checked.dropped)
    why = "; ".join(f"{reason} {count}" for reason, count in dropped.most_common()) or "–"
    failed = Counter(failures.values())
    lost = "; ".join(f"{reason} {count}" for reason, count in failed.most_common()) or "–"
    parts = f"{len(failures)} of {len(PARTS)}"
    cells = (label, proposed, kept, marked, len(checked.dropped), why, parts, lost)
    return f"| {' | '.join(map(str, cells))} |"


def write_counts(rows: list[str]) -> None:
    page = FOLDER / "README.md"
    text = page.read_text("utf-8")
    head = "| recording, writer | proposed | kept | marked | dropped | because | parts replaced | because |"
    table = "\n".join([head, "|---|---|---|---|---|---|---|---|", *filter(None, rows)])
    page.write_text(f"{text.partition(BEGIN)[0]}{BEGIN}\n{table}\n{END}{text.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
