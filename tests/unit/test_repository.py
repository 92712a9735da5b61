"""What has to hold of the files beside the code: the sample, the Makefile, the documents."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("samples/*.md")])
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)

# Written so that this file does not hold them itself.
REGISTRIES = re.compile("|".join(host + r"\.(?:org|com|io)" for host in ("pypi", "pythonhosted", "npmjs")))
MACHINE_PATHS = re.compile(r"(?<![\w.~/-])/(?:wor[k]|roo[t]|tmp/de[v])/")


def tracked_files() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # a recording
        return ""


def makefile_targets() -> set[str]:
    return set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))


@pytest.mark.parametrize("forbidden", [REGISTRIES, MACHINE_PATHS], ids=["registry", "machine path"])
def test_nothing_of_one_machine_or_registry_is_committed(forbidden: re.Pattern[str]) -> None:
    files = [path for path in tracked_files() if path.is_file()]
    found = [f"{path.relative_to(ROOT)}: {hit}" for path in files for hit in forbidden.findall(text_of(path))]
    assert found == []


def test_forbidden_texts_are_recognised() -> None:
    assert REGISTRIES.search("https://pypi" + ".org/simple")
    assert MACHINE_PATHS.search("see /wor" + "k/shared/audio")
    assert not MACHINE_PATHS.search("~/.cache/transcribe/work/1f")


def test_samples_are_the_ones_described() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| .* \| `([0-9a-f]{64})` \|$", text_of(ROOT / "samples/README.md"), re.MULTILINE
    )
    assert {name for name, _ in rows} == {"two-voices.flac", "two-voices.rttm", "two-voices.txt"}
    for name, digest in rows:
        assert hashlib.sha256((ROOT / "samples" / name).read_bytes()).hexdigest() == digest, name


def test_speaker_turns_match_the_reference_text() -> None:
    turns = [line.split() for line in text_of(ROOT / "samples/two-voices.rttm").splitlines()]
    ends = [float(start) + float(duration) for _, _, _, start, duration, *_ in turns]
    assert len(turns) == len(text_of(ROOT / "samples/two-voices.txt").splitlines())
    assert {turn[7] for turn in turns} == {"dickens", "austen"}
    assert all(end < float(turn[3]) for end, turn in zip(ends, turns[1:], strict=False))
    assert 60 <= ends[-1] <= 90


def test_make_help_lists_every_target() -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    shown = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    listed = {line.split()[1] for line in shown.splitlines() if line.startswith("make ")}
    assert listed == makefile_targets()


def test_documents_name_only_targets_that_exist() -> None:
    command = re.compile(r"(?:`|^\$ )make ([a-z-]+)", re.MULTILINE)
    ours = [path for path in DOCUMENTS if path.name != "make.md"]  # which is about the Makefiles of others
    named = {name for path in ours for name in command.findall(text_of(path))}
    assert named <= makefile_targets()
    assert {"demo", "test"} <= named


def test_links_between_documents_lead_somewhere() -> None:
    links = [
        (path, link)
        for path in DOCUMENTS
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(path))
    ]
    assert links
    assert [f"{path.name}: {link}" for path, link in links if not (path.parent / link).exists()] == []


def test_changelog_knows_the_version() -> None:
    version = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]["version"]
    assert re.search(rf"^## \[{re.escape(version)}\]", text_of(ROOT / "CHANGELOG.md"), re.MULTILINE)


PACKAGE = ROOT / "transcribe"
OWN = {
    "cli/main.py", "cli/make.py", "cli/templates.py", "core/files.py", "core/streams.py",
    "engines/building/processor.py", "formats/page.py", "formats/page_words.py", "formats/sandbox.py",
    "models/catalogue.py",
}  # fmt: skip
"""Modules that read the machine's own files, the package's or standard streams, and the door itself."""


def test_files_are_read_through_one_door() -> None:
    """A pipe in the place of a file would be waited for, a device read without end: see `open_regular`."""
    found = [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in PACKAGE.rglob("*.py")
        if str(path.relative_to(PACKAGE)) not in OWN
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"\.read_(bytes|text)\(|\.open\(\"rb?\"|[^.\w](?<!def )open\([a-z]", line)
    ]
    assert found == []
    assert all((PACKAGE / each).is_file() for each in OWN)
