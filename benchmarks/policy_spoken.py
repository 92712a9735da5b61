"""How much personal data is found in speech: items said by espeak-ng, recognised, and looked for.

    python -m benchmarks.policy_spoken [--items N] [--speed WORDS] [--voices EN,PL] [--prompt]

It needs espeak-ng, which this program does not: `apt install espeak-ng`. The items are made up as those of
`benchmarks.policy`, every kind about as often, and said in turn with the sentences of
`tests/unit/control/personal/clean.tsv`, which hold none. All of a language is one recording, recognised with
the model `base`, its language given. Found is an item whose kind is found where it is said. One that is not
is the recogniser's where what it wrote does not hold the value, and ours where it does. Flags in sentences
without an item are false. Writes `benchmarks/results/policy-spoken.md`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import wave
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import transcribe
from benchmarks.machine import code_version, this_machine
from benchmarks.policy import Item, items
from transcribe.control.personal.find import personal_data
from transcribe.control.personal.spoken import written
from transcribe.core.episode import Transcript
from transcribe.core.passages import passages_of

ROOT = Path(__file__).resolve().parent.parent
CLEAN = ROOT / "tests" / "unit" / "control" / "personal" / "clean.tsv"
PAUSE_S, RATE = 1.5, 22_050
"""Between two sentences, and samples a second of espeak-ng."""

PROMPTS = {
    "en": "Call 07700 900123, anna.k@gmail.com, GB29 NWBK.",
    "pl": "Tel. 501 200 300, anna@wp.pl, 44051401359.",
}


class Spoken(NamedTuple):
    """A sentence in a recording: what it holds, and where it is, in ms."""

    text: str
    item: Item | None
    start_ms: int
    end_ms: int


@dataclass
class Count:
    """What became of the items of a kind."""

    said: int = 0
    found: int = 0
    misheard: int = 0
    ours: int = 0


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=120)
    parser.add_argument("--speed", type=int, default=140)
    parser.add_argument("--voices", default="en-gb,pl")
    parser.add_argument("--prompt", action="store_true")
    given = parser.parse_args()
    if not shutil.which("espeak-ng"):
        parser.error("espeak-ng is missing; run: apt install espeak-ng")
    voices = dict(zip(("en", "pl"), given.voices.split(","), strict=True))
    counts: dict[tuple[str, str], Count] = {}
    clean, false = 0, 0
    for language, voice in voices.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{language}.wav"
            spoken = said(chosen(language, given.items), language, voice, given.speed, path)
            prompt = PROMPTS[language] if given.prompt else ""
            heard = transcribe.transcribe_file(
                path, model="base", language=language, prompt=prompt
            ).transcript
        finds = list(found(heard))
        for each in spoken:
            flags = [kind for kind, start, end in finds if start < each.end_ms and each.start_ms < end]
            if each.item is None:
                clean, false = clean + 1, false + bool(flags)
                continue
            count = counts.setdefault((language, each.item.kind), Count())
            words = " ".join(between(heard, each.start_ms, each.end_ms))
            count.said += 1
            count.found += each.item.kind in flags
            if each.item.kind not in flags:
                mine = holds(words, each.item)
                count.ours, count.misheard = count.ours + mine, count.misheard + (not mine)
                print(f"{'OURS' if mine else 'misheard'} {each.item.kind}: {each.text} | {words} | {flags}")
    report = "\n".join(report_of(counts, clean, false, given)) + "\n"
    print(report)
    (ROOT / "benchmarks" / "results" / "policy-spoken.md").write_text(report, encoding="utf-8")


def chosen(language: str, count: int) -> list[Item]:
    """Items of a language, every kind about as often."""
    kinds: dict[str, list[Item]] = {}
    for item in items(20 * count):
        if item.language == language:
            kinds.setdefault(item.kind, []).append(item)
    turns = [item for turn in zip(*kinds.values(), strict=False) for item in turn]
    return turns[: count // 2]


def said(chosen: Sequence[Item], language: str, voice: str, speed: int, path: Path) -> list[Spoken]:
    """Have everything said into one recording."""
    lines = [line.split("\t") for line in CLEAN.read_text("utf-8").splitlines()]
    clean = [text for mine, text in lines if mine == language]
    spoken: list[Spoken] = []
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        at = 0
        for number, item in enumerate(chosen):
            for text, mine in ((clean[number % len(clean)], None), (item.text, item)):
                samples = speech(text, voice, speed)
                end = at + len(samples) // 2
                spoken.append(Spoken(text, mine, 1000 * at // RATE, 1000 * end // RATE))
                pause = bytes(2 * int(PAUSE_S * RATE))
                out.writeframes(samples + pause)
                at = end + len(pause) // 2
    return spoken


def speech(text: str, voice: str, speed: int) -> bytes:
    """A sentence said, as 16-bit samples."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        command = ["espeak-ng", "-v", voice, "-s", str(speed), "-w", file.name, "--stdin"]
        subprocess.run(command, input=text.encode(), check=True)
        with wave.open(file.name) as read:
            assert (read.getnchannels(), read.getsampwidth(), read.getframerate()) == (1, 2, RATE)
            samples: bytes = read.readframes(read.getnframes())
            return samples


def found(heard: Transcript) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end, in ms, of the personal data in a transcript."""
    for passage in passages_of(heard):
        for each in personal_data([word.text for word in passage.words], passage.language):
            yield each.kind, passage.words[each.first].start_ms, passage.words[each.last].end_ms


def between(heard: Transcript, start_ms: int, end_ms: int) -> list[str]:
    """The words of a transcript that begin in a stretch."""
    return [word.text for word in heard.words if start_ms - 300 <= word.start_ms < end_ms + 300]


def holds(words: str, item: Item) -> bool:
    """Whether what was recognised holds a value, as it stands or read from words."""

    def bare(text: str) -> str:
        return "".join(char for char in text.lower() if char.isalnum())

    return any(bare(item.value) in bare(each) for each in (words, written(words.split(), item.language).text))


def report_of(
    counts: dict[tuple[str, str], Count], clean: int, false: int, given: argparse.Namespace
) -> Iterator[str]:
    """The page."""
    machine = this_machine()
    yield "# Personal data in speech"
    yield ""
    yield f"Items said by espeak-ng (voices {given.voices}, {given.speed} words a minute), recognised with"
    yield f"`base`{' and a prompt that has such data' if given.prompt else ''}, and looked for."
    yield "Misheard: what was recognised does not hold the value."
    yield ""
    yield f"{machine.processor}; {machine.system}; commit {code_version(ROOT)}"
    yield ""
    yield "| language | kind | said | found | % | missed: misheard | missed: ours |"
    yield "|---|---|---|---|---|---|---|"
    total: Counter[str] = Counter()
    for (language, kind), each in sorted(counts.items()):
        yield row(language, kind, vars(each))
        total.update(vars(each))
    yield row("all", "", total)
    heard = total["said"] - total["misheard"]
    yield ""
    yield f"Of the {heard} that were heard right or found, {100 * total['found'] / heard:.1f} % are found."
    yield f"False flags: {false} of {clean} sentences without any."


def row(language: str, kind: str, count: Mapping[str, int]) -> str:
    """A line of the table."""
    percent = f"{100 * count['found'] / count['said']:.1f}"
    cells = (language, kind, count["said"], count["found"], percent, count["misheard"], count["ours"])
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
