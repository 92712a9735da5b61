"""Mutated lists, configs and documents through the real commands, in this process: no traceback, no hang.

python -m benchmarks.fuzz --minutes 10
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from transcribe.cli.main import run
from transcribe.core import stopping
from transcribe.core.corrections.edit import Line, edited
from transcribe.core.corrections.record import Corrections
from transcribe.core.episode import Episode
from transcribe.core.errors import TranscribeError
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.corrections import write_corrections
from transcribe.formats.edit_text import write_edit_text
from transcribe.formats.example import example_episode
from transcribe.formats.known import FORMATS, render
from transcribe.formats.templates import template_folder

HANG_S = 60
"""A command that takes longer on a small file hangs."""

LISTS = {
    "a.txt": "# list\na.wav\n~/b.wav\n../c.wav\nfile:///t/d%20e.wav\n",
    "a.m3u": "#EXTM3U\n#EXTINF:12,Title\na.wav\nhttp://h.example/x.mp3\n",
    "a.m3u8": "#EXTM3U\nb.wav\nsub/c.wav\n",
    "a.pls": "[playlist]\nFile1=a.wav\nTitle1=A\nFile2=file:///t/b.wav\nNumberOfEntries=2\nVersion=2\n",
    "a.xspf": "<playlist xmlns='http://xspf.org/ns/0/'><trackList><track><location>a.wav</location></track>"
    "</trackList></playlist>",
    "a.rss": "<rss version='2.0'><channel><item><enclosure url='a.wav' length='1'/></item></channel></rss>",
}
CONFIG = """\
model = "tiny.en"
formats = ["txt", "vtt"]
max_line_chars = 42
terms = ["Honey", "Zażółć"]
fail_under = 90.5
start = "1:02:03.5"

[profiles.studio]
notes = true
"""
RTTM = "SPEAKER a 1 0.00 1.50 <NA> <NA> S1 <NA> <NA>\nSPEAKER a 1 1.50 2.00 <NA> <NA> S2 <NA> <NA>\n"
TEMPLATE = "{% for each in chapters %}{{ each.title|upper }} {{ each.start_ms }}\n{% endfor %}{{ title }}\n"
SPICE = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"9" * 5000, b"-1", b"1e999", b"NaN", b"null", b"[" * 3000,
    b"{" * 3000, b"<a>" * 3000, b"\x1b[31m", "\u202e".encode(), b"\r", b"\n\n", b"'", b'"', b"\\",
    b"&#0;", b"]]>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"{{", b"{%", b"%}", b"-->", b"file://[x", b"~x", b"x" * 5000,
    b"true", b"=",
    b"\xed\xa0\x80", b"00:00:00.000 --> 00:00:01.000", b"\\ud800", b"\\u0000",
)  # fmt: skip


WHOLE = "e.json"
"""The document that stands beside the files that belong to one."""


def _corrections(episode: Episode) -> bytes:
    lines = [Line(f"{each.text} more", "Ala") for each in episode.transcript.segments]
    return write_corrections(Corrections(edited(episode.transcript, lines)))


def _edit_text(episode: Episode) -> bytes:
    return write_edit_text(episode.transcript.segments, WHOLE, "", ())


def seeds() -> dict[str, tuple[bytes, tuple[tuple[str, ...], ...]]]:
    """A valid file of every kind, by its name, with the commands that read it."""
    episode = example_episode()
    document = render(episode, "json", SubtitleSettings()) or b""
    found: dict[str, tuple[bytes, tuple[tuple[str, ...], ...]]] = {
        "e.json": (
            document,
            (
                ("render", "{}", "-f", "txt,vtt,tsv,csv,rss,page,md,notes", "-o", "out", "--force"),
                ("rename", "{}", "--list"),
                ("corrections", "export", "{}"),
                ("lint", "{}"),
            ),
        ),
        "e.corrections.json": (
            _corrections(episode),
            (("corrections", "list", WHOLE), ("render", WHOLE, "-f", "txt", "--force"), ("lint", "{}")),
        ),
        "edit.txt": (_edit_text(episode), (("corrections", "apply", WHOLE, "{}", "--mine"),)),
        "transcribe.toml": (CONFIG.encode(), (("config", "show"), ("config", "show", "--json"))),
        "policy.toml": (
            (template_folder() / "policies" / "bank-call.en.toml").read_bytes(),
            (("policy", "show", "{}"), ("policy", "check", WHOLE, "--policy", "{}", "--json")),
        ),
        "t.md.j2": (TEMPLATE.encode(), (("templates", "check", "{}"),)),
        "r.rttm": (RTTM.encode(), (("gone.wav", "--turns", "{}"), ("lint", "{}"))),
    }
    found |= {name: (text.encode(), (("batch", "{}", "--dry-run"),)) for name, text in LISTS.items()}
    for name in ("vtt", "srt", "podcast-json", "chapters", "psc", "rss", "podcast-srt"):
        content = render(episode, name, SubtitleSettings())
        found[f"a{FORMATS[name].suffix}"] = (content or b"", (("lint", "{}"), ("lint", "{}", "--json")))
    return found


def mutated(content: bytes, dice: random.Random) -> bytes:
    """The content with one to eight changes."""
    data = bytearray(content)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.choice((1, 2, 8, 64, 1000)))
        change = dice.randrange(6)
        if change == 0:
            data[at:end] = b""
        elif change == 1:
            data[at:at] = dice.choice(SPICE)
        elif change == 2:
            data[at:end] = dice.choice(SPICE)
        elif change == 3:
            data[at:at] = data[at:end] * dice.randint(1, 20)
        elif change == 4 and at < len(data):
            data[at] ^= 1 << dice.randrange(8)
        else:
            del data[at + 2000 :]
    return bytes(data)


class Hang(BaseException):
    """A command that does not end."""


def codes() -> frozenset[int]:
    """Every exit code of docs/exit-codes.md but that of a bug."""
    kinds = [TranscribeError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return frozenset({0, *(kind.exit_code for kind in kinds)} - {1})


def complaint(arguments: tuple[str, ...], allowed: frozenset[int]) -> str:
    """What is wrong with how a command ends; empty where nothing is."""
    said, told = io.StringIO(), io.StringIO()

    def hang(*_: object) -> None:
        raise Hang

    signal.signal(signal.SIGALRM, hang)
    signal.alarm(HANG_S)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(told):
            code = run(arguments)
    except Hang:
        return f"hangs for {HANG_S} s"
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return f"raises {type(error).__name__}: {error}"[:300]
    finally:
        signal.alarm(0)
    if code not in allowed or "this is a bug" in told.getvalue() or "Traceback" in told.getvalue():
        return f"exit code {code}: {told.getvalue()[-300:]}"
    raw = set("\x1b\0\u202e") & set(told.getvalue())
    return f"writes {sorted(raw)!r} to the terminal" if raw else ""


def fuzz(folder: Path, seed: int, goes_on: Callable[[int], bool]) -> Iterator[tuple[str, str, bytes]]:
    """Run mutated files until it is enough; every complaint, with its command and file.

    Args:
        folder: An empty one, which becomes the current folder.
        seed: The same gives the same files.
        goes_on: Asked with the number of commands run.
    """
    dice, kinds, allowed = random.Random(seed), seeds(), codes()  # noqa: S311 - no secret
    count = 0
    with contextlib.chdir(folder):
        while goes_on(count):
            name = dice.choice(sorted(kinds))
            content, commands = kinds[name]
            data = mutated(content, dice)
            path = Path(name)
            Path(WHOLE).write_bytes(kinds[WHOLE][0])
            path.write_bytes(data)
            for command in commands:
                arguments = tuple(name if each == "{}" else each for each in command)
                count += 1
                if problem := complaint(arguments, allowed):
                    yield " ".join(arguments), problem, data
            for each in (path, Path(WHOLE), Path("e.corrections.json")):
                each.unlink(missing_ok=True)


@contextlib.contextmanager
def apart() -> Iterator[Path]:
    """An empty folder; no config, no cache and no models of the user."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "here"
        folder.mkdir()
        before = dict(os.environ)
        handlers = {number: signal.getsignal(number) for number in stopping.SIGNALS}
        os.environ.update(HOME=name, TRANSCRIBE_WORK_DIR=f"{name}/work", XDG_CONFIG_HOME=f"{name}/config")
        try:
            yield folder
        finally:
            _restore(before)
            for number, handler in handlers.items():
                signal.signal(number, handler)


def _restore(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def main() -> int:
    """Fuzz for some minutes; 1 where anything was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the files that did something wrong")
    asked = parser.parse_args()
    until = time.monotonic() + 60 * asked.minutes
    most = [0]

    def goes_on(count: int) -> bool:
        most[0] = count
        return bool(time.monotonic() < until)

    found: Counter[str] = Counter()
    with apart() as folder:
        for number, (command, problem, data) in enumerate(fuzz(folder, asked.seed, goes_on)):
            found[f"{command}: {problem}"] += 1
            if asked.keep:
                asked.keep.mkdir(exist_ok=True, parents=True)
                (asked.keep / f"{number}.bin").write_bytes(data)
    for line, times in found.most_common():
        print(f"{times} × {line}", file=sys.stderr)
    print(f"{most[0]} commands, {sum(found.values())} complaints")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
