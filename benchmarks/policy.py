"""What `transcribe policy check` costs for a transcript of two hours, and how much personal data it finds.

    python -m benchmarks.policy [--rounds N] [--items N]

Compiling the program is left out: an installed one is compiled already. The transcript has 20,000 words:
a talk of `benchmarks/talks` again and again, with personal data in between.
The items are made up at random, the same every time, and said in ways drawn by chance: digit by digit, in
groups as numbers, in figures, with doubles, hesitations and commas. Found is an item whose kind is found at
its words. Writes `benchmarks/results/policy.md`.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.machine import code_version, this_machine
from transcribe.control.personal.datum import Kind
from transcribe.control.personal.find import personal_data
from transcribe.core.episode import Language, Segment, Transcript, Word
from transcribe.core.settings import SubtitleSettings
from transcribe.formats import document
from transcribe.formats.example import example_episode

ROOT = Path(__file__).resolve().parent.parent
WORDS, RULES, TARGET_S, TARGET_PERCENT = 20_000, 50, 2.0, 95

UNITS = {
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen",
    "pl": "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście "
    "trzynaście czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście",
}
TENS = {
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "pl": "dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt "
    "dziewięćdziesiąt",
}
HUNDREDS = [
    "sto",
    "dwieście",
    "trzysta",
    "czterysta",
    "pięćset",
    "sześćset",
    "siedemset",
    "osiemset",
    "dziewięćset",
]
SIGNS = {
    "en": {".": ["dot"], "_": ["underscore"], "-": ["dash", "hyphen"], "@": ["at"]},
    "pl": {".": ["kropka"], "_": ["podkreślnik", "dolna kreska"], "-": ["myślnik"], "@": ["małpa"]},
}
SAYS: dict[str, dict[Kind, list[str]]] = {
    "en": {
        "email": ["My email is", "Write to", "It is"], "phone": ["Call me on", "My phone number is", "Ring"],
        "iban": ["The account is", "Yes:"], "pesel": ["My PESEL is", "So"], "nip": ["Our NIP is"],
        "card": ["The card is", "Right,"],
    },
    "pl": {
        "email": ["Mój mail to", "Piszcie na", "To"], "phone": ["Mój telefon to", "Dzwoń:", "Tak,"],
        "iban": ["Numer konta", "Proszę:"], "pesel": ["Mój PESEL to", "Dobrze,"],
        "nip": ["Nasz NIP to", "Na firmę"],
        "card": ["Numer karty", "Tak,"],
    },
}  # fmt: skip
NAMES = [
    "anna",
    "jan",
    "marek",
    "olga.nowak",
    "peter.brown",
    "t_lis",
    "k-zawada",
    "mia.green85",
    "b.stone",
    "zofia.mak",
    "robert7",
]
HOSTS = [
    "gmail.com",
    "wp.pl",
    "example.co.uk",
    "firma.com.pl",
    "outlook.com",
    "dobre-radio.pl",
    "northwind.io",
    "o2.pl",
    "icloud.com",
]


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--items", type=int, default=600)
    arguments = parser.parse_args()
    seconds = costs(("en", "pl"), arguments.rounds)
    said, found, missed = Counter[tuple[str, Kind]](), Counter[tuple[str, Kind]](), []
    for item in items(arguments.items):
        said[item.language, item.kind] += 1
        data = personal_data(item.text.split(), item.language)
        hit = any(each.kind == item.kind and each.last >= item.first for each in data)
        found[item.language, item.kind] += hit
        missed += [] if hit else [f"{item.language}, {item.kind}: {item.text}"]
    report = "\n".join(report_of(seconds, said, found, arguments.rounds)) + "\n"
    print(report, *missed, sep="\n")
    (ROOT / "benchmarks" / "results" / "policy.md").write_text(report, encoding="utf-8")


def report_of(
    seconds: Mapping[str, Sequence[float]],
    said: Counter[tuple[str, Kind]],
    found: Counter[tuple[str, Kind]],
    rounds: int,
) -> Iterator[str]:
    """The page."""
    machine = this_machine()
    yield "# Policies"
    yield ""
    yield f"`transcribe policy check` with {RULES} rules on a transcript of {WORDS:,} words, two hours:"
    yield f"processor seconds (user and system) of the whole command, start and report included, in {rounds}"
    yield "runs, the languages in turn. What else the machine does makes them more: the least is the nearest."
    yield "And personal data that is found of what is made up and said at random."
    yield ""
    yield f"{machine.processor}; {machine.system}; commit {code_version(ROOT)}"
    yield ""
    yield "| language | least | median | target |"
    yield "|---|---|---|---|"
    for language, each in seconds.items():
        yield f"| {language} | {min(each):.2f} | {median(each):.2f} | {TARGET_S:g} |"
    yield ""
    yield "| language | kind | said | found | % | target |"
    yield "|---|---|---|---|---|---|"
    for (language, kind), count in sorted(said.items()):
        hits = found[language, kind]
        yield f"| {language} | {kind} | {count} | {hits} | {100 * hits / count:.1f} | {TARGET_PERCENT} |"
    everything, hits = said.total(), found.total()
    yield f"| all | | {everything} | {hits} | {100 * hits / everything:.1f} | {TARGET_PERCENT} |"


def costs(languages: Sequence[str], rounds: int) -> Mapping[str, list[float]]:
    """Processor seconds of the command in each language, run after run; one before them compiles."""
    seconds: dict[str, list[float]] = {language: [] for language in languages}
    with tempfile.TemporaryDirectory() as name:
        compiled = {**os.environ, "PYTHONPYCACHEPREFIX": name, "PYTHONDONTWRITEBYTECODE": ""}
        for number in range(rounds + 1):
            for language in languages:
                spent = cost(language, compiled)
                seconds[language] += [spent] if number else []
    return seconds


def cost(language: str, environment: Mapping[str, str]) -> float:
    """Processor seconds of the command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        episode = replace(example_episode(), transcript=transcript(language), notes=None, turns=None)
        (folder / "talk.json").write_bytes(document.write(episode, SubtitleSettings()))
        (folder / "policy.toml").write_text(policy(language), encoding="utf-8")
        command = [sys.executable, "-m", "transcribe", "policy", "check", "talk.json"]
        command += ["--policy", "policy.toml", "--report", "r.html"]
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 13, done.stderr
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def transcript(language: str) -> Transcript:
    """A talk of two hours with personal data in it."""
    words = (ROOT / "benchmarks" / "talks" / f"{language}.md").read_text(encoding="utf-8").split()
    spoken = [item.text for item in items(120) if item.language == language]
    segments: list[Segment] = []
    at, count = 0, 0
    while count < WORDS:
        for start in range(0, len(words), 20):
            part = words[start : start + 20] + (
                spoken[len(segments) % len(spoken)].split() if start % 400 == 0 else []
            )
            made = tuple(Word(at + 360 * n, at + 360 * n + 300, text, 0.9) for n, text in enumerate(part))
            segments.append(Segment(at, made[-1].end_ms, made, 0))
            at, count = made[-1].end_ms + 300, count + len(part)
    return Transcript(Language(language, 1.0, detected=False), tuple(segments))


def policy(language: str) -> str:
    """Fifty rules of every sort."""
    talk = (ROOT / "benchmarks" / "talks" / f"{language}.md").read_text(encoding="utf-8").split()
    phrases = [
        " ".join(word.strip("#.,;:!?()\"'„”*-–") for word in talk[n : n + 2]) for n in range(40, 2000, 7)
    ]
    good = [phrase for phrase in phrases if all(word.isalpha() for word in phrase.split()) and " " in phrase]
    lines = ["version = 1", 'name = "Fifty"']
    for number in range(RULES):
        looks = [
            f'words = ["{good[number]}", "{good[number + 50]}", "profit"]',
            rf"patterns = ['\b\w+{chr(97 + number % 26)} (?:the|nie|of) \w+', '\d+ (?:percent|procent)']",
            'personal = ["email", "phone", "iban", "pesel", "nip", "card"]',
        ][number % 3]
        lines += ["[[rules]]", f'id = "r{number}"', f'title = "Rule {number}"', looks]
    return "\n".join(lines) + "\n"


class Item(NamedTuple):
    """Personal data that is said.

    Attributes:
        text: All that is said.
        first: Number of the item's first word in it, from 0.
    """

    language: str
    kind: Kind
    value: str
    text: str
    first: int


def items(count: int) -> Iterator[Item]:
    """Items made up at random, the same every time."""
    draw = random.Random(20261128)  # noqa: S311 - the same every time
    for number in range(count):
        language = ("en", "pl")[number % 2]
        kind = draw.choice(list(VALUES))
        if language == "en" and kind == "nip":
            kind = "phone"
        opening = draw.choice(SAYS[language][kind])
        value = VALUES[kind](draw, language)
        said = mail(value, draw, language) if kind == "email" else spoken(value, draw, language)
        text = f"{opening} {said}{draw.choice(['', '.', ', please.', ' and so on.'])}"
        yield Item(language, kind, value, text, len(opening.split()))


def spoken(value: str, draw: random.Random, language: str) -> str:
    """A number with letters, said in one of many ways."""
    digits = value.lstrip("+ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    prefix = value[: len(value) - len(digits)]
    letters = " ".join(prefix).replace("+", "plus") if draw.random() < 0.5 else prefix.replace("+", "plus ")
    if any(char.isalpha() for char in digits):  # GB29NWBK…: letters within
        head, bank, tail = digits[:2], digits[2:6], digits[6:]
        parts = [*_groups(head, draw, language), " ".join(bank), *_groups(tail, draw, language)]
    else:
        parts = _groups(digits, draw, language)
    joined = draw.choice([" ", ", "]).join(parts)
    if draw.random() < 0.15:
        at = joined.find(" ", len(joined) // 2)
        joined = f"{joined[:at]} {'uh,' if language == 'en' else 'yyy,'}{joined[at:]}" if at > 0 else joined
    return f"{letters} {joined}".strip()


def _groups(digits: str, draw: random.Random, language: str) -> list[str]:
    """Digits in groups, each in words or figures."""
    size = draw.choice([1, 2, 2, 3, 4])
    groups = [digits[n : n + size] for n in range(0, len(digits), size)]
    way = draw.choice(["words", "words", "figures", "each"])
    return [_group(each, way, draw, language) for each in groups]


def _group(digits: str, way: str, draw: random.Random, language: str) -> str:
    if way == "figures" or (way == "each" and draw.random() < 0.3):
        return digits
    units = UNITS[language].split()
    if len(digits) == 2 and digits[0] == digits[1] and language == "en" and draw.random() < 0.5:
        return f"double {units[int(digits[0])]}"
    if len(digits) in (2, 3) and digits[0] != "0" and way == "words":
        return _number(int(digits), language)
    zero = draw.choice(["oh", "zero"]) if language == "en" else "zero"
    return " ".join(units[int(digit)] if digit != "0" else zero for digit in digits)


def _number(value: int, language: str) -> str:
    hundreds, rest = divmod(value, 100)
    units, tens = UNITS[language].split(), TENS[language].split()
    below = units[rest] if rest < 20 else f"{tens[rest // 10 - 2]} {units[rest % 10] if rest % 10 else ''}"
    if not hundreds:
        return below.strip()
    first = (
        HUNDREDS[hundreds - 1] if language == "pl" else f"{units[hundreds]} hundred{' and' if rest else ''}"
    )
    return f"{first} {below if rest else ''}".strip()


def mail(address: str, draw: random.Random, language: str) -> str:
    """An address, said."""
    name, host = address.split("@")
    if draw.random() < 0.3:
        return f"{name} {draw.choice(SIGNS[language]['@'])} {host}"
    return "".join(
        f" {draw.choice(SIGNS[language][char])} " if char in SIGNS[language] else char for char in address
    )


def _fitted(check: Callable[[str], bool], begin: str) -> str:
    """A number with the digit at its end that fits; another one where none does."""
    for digit in "0123456789":
        if check(begin + digit):
            return begin + digit
    return _fitted(check, f"{int(begin) + 10}")


def _pesel(draw: random.Random, _: str) -> str:
    from stdnum.pl import pesel

    day = f"{draw.randrange(40, 99)}{draw.randrange(1, 13):02}{draw.randrange(1, 29):02}"
    return _fitted(pesel.is_valid, f"{day}{draw.randrange(10**4):04}")


def _nip(draw: random.Random, _: str) -> str:
    from stdnum.pl import nip

    return _fitted(nip.is_valid, f"{draw.randrange(10**8, 10**9)}")


def _card(draw: random.Random, _: str) -> str:
    from stdnum import luhn

    return _fitted(
        luhn.is_valid, f"{draw.choice(['4', '51', '53', '4532'])}{draw.randrange(10**16):016}"[:15]
    )


def _iban(draw: random.Random, language: str) -> str:
    from stdnum.iban import calc_check_digits

    country, bank = (
        ("PL", "") if language == "pl" or draw.random() < 0.5 else ("GB", draw.choice(["NWBK", "WEST"]))
    )
    rest = bank + "".join(draw.choice("0123456789") for _ in range(24 if country == "PL" else 14))
    value = f"{country}{calc_check_digits(f'{country}00{rest}')}{rest}"
    return value[2:] if country == "PL" and draw.random() < 0.5 else value


def _phone(draw: random.Random, language: str) -> str:
    import phonenumbers

    while True:
        if language == "pl":
            value = f"{draw.choice('5678')}{draw.randrange(10**8):08}"
        else:
            value = draw.choice([f"07{draw.randrange(10**9):09}", f"{draw.randrange(2 * 10**9, 10**10)}"])
        region = "PL" if language == "pl" else "GB" if value[0] == "0" else "US"
        parsed = phonenumbers.parse(value, region)
        if phonenumbers.is_valid_number(parsed):
            foreign = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            return foreign if draw.random() < 0.2 else value


VALUES: dict[Kind, Callable[[random.Random, str], str]] = {
    "email": lambda draw, _: f"{draw.choice(NAMES)}@{draw.choice(HOSTS)}",
    "phone": _phone, "iban": _iban, "pesel": _pesel, "nip": _nip, "card": _card,
}  # fmt: skip


if __name__ == "__main__":
    main()
