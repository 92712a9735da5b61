"""What has to hold of the files beside the code: the sample, the Makefile, the documents."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("samples/*.md")])
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)

# Written so that this file does not hold them itself.
REGISTRIES = re.compile("|".join(host + r"\.(?:org|com|io)" for host in ("pypi", "pythonhosted", "npmjs")))
MACHINE_PATHS = re.compile(r"(?<![\w.~/-])/(?:wor[k]|roo[t]|tmp/de[v])/")
CONFLICTS = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)


def tracked_files() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name]


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def hits(paths: Iterable[Path], forbidden: re.Pattern[str]) -> list[str]:
    """The names of files and what stands in them that should not, also between bytes that are no text."""
    return [f"{path.name}: {hit}" for path in paths for hit in forbidden.findall(text_of(path))]


def makefile_targets() -> set[str]:
    return set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "forbidden", [REGISTRIES, MACHINE_PATHS, CONFLICTS], ids=["registry", "machine path", "conflict"]
)
def test_nothing_of_one_machine_or_registry_is_committed(forbidden: re.Pattern[str]) -> None:
    files = [path for path in tracked_files() if path.is_file()]
    assert ROOT / "samples" / "two-voices.flac" in files
    assert Path(__file__) in files
    assert hits(files, forbidden) == []


@pytest.mark.parametrize(
    ("forbidden", "parts"),
    [
        (REGISTRIES, ("https://pypi", ".org/simple")),
        (REGISTRIES, ("files.pythonhosted", ".org")),
        (REGISTRIES, ("registry.npmjs", ".com")),
        (MACHINE_PATHS, ("see /wor", "k/shared/audio")),
        (MACHINE_PATHS, ("'/roo", "t/.cache/x'")),
        (MACHINE_PATHS, ("cd /tmp/de", "v/x")),
        (CONFLICTS, ("\n<<<<<", "<< HEAD\n")),
    ],
    ids=str,
)
def test_forbidden_texts_are_found(
    tmp_path: Path, forbidden: re.Pattern[str], parts: tuple[str, str]
) -> None:
    for name, noise in (("page.md", b""), ("recording.wav", b"\xff\xfe\x00")):
        (tmp_path / name).write_bytes(noise + "".join(parts).encode() + noise)
    found = hits(sorted(tmp_path.iterdir()), forbidden)
    assert [hit.partition(":")[0] for hit in found] == ["page.md", "recording.wav"]


@pytest.mark.parametrize("text", ["~/.cache/transcribe/wor" + "k/1f", "../wor" + "k/", "my-pypi" + "-org"])
def test_other_texts_are_not(tmp_path: Path, text: str) -> None:
    (tmp_path / "page.md").write_text(text)
    assert hits(tmp_path.iterdir(), REGISTRIES) + hits(tmp_path.iterdir(), MACHINE_PATHS) == []


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
    "cli/main.py", "cli/make.py", "cli/templates.py", "core/seal/attempts.py",
    "core/seal/namespace.py", "core/service_file.py", "core/streams.py",
    "engines/building/processor.py", "engines/cards.py", "formats/breaks.py", "formats/example.py",
    "formats/labels.py", "formats/page.py", "formats/sandbox.py", "models/catalogue.py",
    "notes/words/__init__.py", "quality/lint/languages.py", "quality/lint/rules.py",
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


def test_types_are_read_in_one_way() -> None:
    """Two threads that use a class of msgspec first at the same time crash the process."""
    found = [
        f"{path.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for path in PACKAGE.rglob("*.py")
        if path != PACKAGE / "core" / "decoding.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.search(r"msgspec\.(json\.decode\(.*type=|json\.Decoder|toml\.decode\(.*type=|convert\()", line)
    ]
    assert found == []


RELEASED = ("Makefile", "pyproject.toml", "CHANGELOG.md")
VERSION = re.compile(r'^version = "(.+)"$', re.MULTILINE)


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with what `make release` looks at, committed; it cannot build."""
    for name in RELEASED:
        shutil.copy(ROOT / name, tmp_path)
    git(tmp_path, "init", "--quiet")
    committed(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def committed(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "a release")


def refusal(folder: Path, *arguments: str) -> str:
    done = make(folder, "release", *arguments)
    assert done.returncode != 0
    return done.stderr


def test_a_release_is_refused_where_something_does_not_fit(clone: Path) -> None:
    assert "Name the version" in refusal(clone)
    assert 'set version = "9.8.7"' in refusal(clone, "VERSION=9.8.7")
    project = clone / "pyproject.toml"
    project.write_text(VERSION.sub('version = "9.8.7"', text_of(project)), encoding="utf-8")
    assert "Commit first" in refusal(clone, "VERSION=9.8.7")
    committed(clone)
    assert 'no line "## [9.8.7] - ' in refusal(clone, "VERSION=9.8.7")
    (clone / "CHANGELOG.md").write_text("## [9.8.7] - 2026-12-01\n", encoding="utf-8")
    committed(clone)
    git(clone, "tag", "v9.8.7")
    assert "tagged already" in refusal(clone, "VERSION=9.8.7")
    git(clone, "tag", "--delete", "v9.8.7")
    assert "Python 3.11 or newer" in refusal(
        clone, "VERSION=9.8.7", "PYTHON=false"
    )  # it begins to make check


def test_setup_takes_the_pinned_versions() -> None:
    shown = make(ROOT, "--dry-run", "--always-make", "setup", "CONSTRAINTS=constraints.txt").stdout
    assert '--constraint "constraints.txt" --editable . --group dev' in shown
    assert "--constraint" not in make(ROOT, "--dry-run", "--always-make", "setup", "CONSTRAINTS=").stdout


def test_every_package_of_the_project_is_pinned_to_a_version_that_it_allows() -> None:
    lines = [line for line in text_of(ROOT / "constraints.txt").splitlines() if not line.startswith("#")]
    pinned = {canonicalize_name(pin.name): pin for pin in map(Requirement, lines)}
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+]+", line) for line in lines)
    settings = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    extras = settings["project"]["optional-dependencies"]
    wanted = [
        *settings["project"]["dependencies"],
        *(each for extra in ("diarize", "eval", "server") for each in extras[extra]),
        *(each for group in settings["dependency-groups"].values() for each in group),
    ]
    for requirement in map(Requirement, wanted):
        if requirement.marker is None:  # what one Python needs is not pinned on another
            pin = pinned.get(canonicalize_name(requirement.name))
            assert pin is not None, f"{requirement.name} is not pinned; run: make constraints"
            version = str(pin.specifier).removeprefix("==")
            assert requirement.specifier.contains(version), f"{pin}: run: make constraints"


def test_the_workflow_runs_what_the_repository_says() -> None:
    workflow = yaml.safe_load(text_of(ROOT / ".github/workflows/ci.yml"))
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    assert {each.split("-")[0] for each in job["strategy"]["matrix"]["os"]} == {"ubuntu", "macos"}
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci/run", os.X_OK)
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", action) for action in used), used


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda it: it.stem
)
def test_a_form_for_issues_has_what_github_asks_for(form: Path) -> None:
    asked = yaml.safe_load(text_of(form))
    assert {"name", "description", "body"} <= set(asked)
    fields = [each for each in asked["body"] if each["type"] != "markdown"]
    assert fields
    assert all(each["attributes"]["label"] for each in fields)
    assert len({each["id"] for each in fields}) == len(fields)


def test_blame_leaves_out_commits_that_exist() -> None:
    hashes = re.findall(r"^[^#\s].*$", text_of(ROOT / ".git-blame-ignore-revs"), re.MULTILINE)
    assert hashes
    assert all(re.fullmatch(r"[0-9a-f]{40}", each) for each in hashes)


ELSEWHERE = {"huggingface_hub/constants.py", "transcribe/transcribe.toml"}
"""A package's, and the user's config file."""


def test_documents_name_only_modules_that_exist() -> None:
    """Written from the root, from the package, or from its pipeline."""
    named = re.compile(r"`((?:[a-z_]+/)+[a-z_0-9]+\.(?:py|toml))`")
    roots = (ROOT, PACKAGE, PACKAGE / "pipeline")
    missing = [
        f"{path.name}: {module}"
        for path in DOCUMENTS
        for module in named.findall(text_of(path))
        if not any((root / module).exists() for root in roots) and module not in ELSEWHERE
    ]
    assert missing == []
