"""A policy is read strictly: every mistake names its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.control.policy.read import LIMITS, MOST, read_policy
from transcribe.core.errors import UsageError
from transcribe.formats.templates import template_folder

HEAD = 'version = 1\nname = "x"\n'
RULE = '[[rules]]\nid = "a"\ntitle = "A"\nwords = ["b"]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "policy.toml"


def error(file: Path, text: str | bytes) -> str:
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(UsageError) as caught:
        read_policy(file)
    message = str(caught.value)
    assert str(file) in message
    assert "\n" not in message
    return message


def test_items_say_their_languages_and_who_decides(file: Path) -> None:
    file.write_text(
        'version = 1\nname = "x"\nlanguages = ["pl"]\ndecides = "Ala"\n' + RULE
        + '[[rules]]\nid = "b"\ntitle = "B"\npersonal = ["card"]\nlanguages = ["en"]\ndecides = "Ola"\n'
        + 'until = "1:30"\n'
        + '[[questions]]\nid = "c"\ntitle = "C"\nask = "Is it?"\nflag = "no"\n'
    )  # fmt: skip
    policy, digest = read_policy(file)
    assert [(each.id, each.languages, each.decides) for each in policy.items] == [
        ("a", ("pl",), "Ala"),
        ("b", ("en",), "Ola"),
        ("c", ("pl",), "Ala"),
    ]
    assert policy.rules[1].until_ms == 90_000
    assert len(digest) == 64


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (HEAD + RULE + "wrods = 1\n", 7, "there is no key 'wrods' here. Did you mean 'words'?"),
        (HEAD + RULE + RULE.replace('"a"', '"b"') + "until = 'soon'\n", 11, "'soon' is not a time"),
        (HEAD + "colour = 1\n" + RULE, 3, "there is no key 'colour' here"),
        (HEAD + '[[rules]]\nid = "a"\ntitle = "A"\n', 4, "there is nothing to look for"),
        (HEAD + '[[rules]]\nid = "a"\nwords = ["b"]\n', 3, "the key 'title' is missing"),
        (HEAD + RULE + RULE, 8, "the id 'a' is taken already"),
        (HEAD + RULE + 'severity = "bad"\n', 7, "invalid enum value 'bad'"),
        (HEAD + RULE + "patterns = ['(']\n", 7, "a: '(' is no regular expression: missing )"),
        (HEAD + RULE + 'languages = ["pl-PL"]\n', 7, "languages"),
        (HEAD + RULE + 'personal = ["name"]\n', 7, "invalid enum value 'name'"),
        (HEAD + RULE.replace('"b"', '"…"'), 6, "'…' has no word in it"),
        (HEAD + RULE.replace('"b"', "1"), 6, "expected str, got int"),
        (HEAD + RULE.replace('"a"', '"A b"'), 4, "id: expected str matching regex"),
        (HEAD, 1, "the policy has no rules and no questions"),
        ("version = 2\n", 1, "the policy is of version 2, and this program reads 1. Update it"),
        ("version = 0\nname = 'x'\n" + RULE, 1, "version has to be 1"),
        ("version = '1'\n", 1, "version: expected int, got str"),
        (HEAD + "[rules]\na = 1\n", 3, "rules: expected array, got object"),
        (HEAD + "name = 'y'\n", 3, "this is not valid TOML"),
        (HEAD + RULE + "x = " + "[" * 5000, 7, "it is nested too deeply"),
    ],
    ids=str,
)  # fmt: skip
def test_a_mistake_names_its_line(file: Path, text: str, line: int, what: str) -> None:
    message = error(file, text)
    assert f"line {line}" in message
    assert what in message


def test_too_many_questions_are_refused(file: Path) -> None:
    questions = "".join(f'[[questions]]\nid = "q{n}"\ntitle = "A"\nask = "B"\n' for n in range(MOST + 1))
    assert f"line {3 + 4 * MOST}: there are 501 questions, and 500 are allowed" in error(
        file, HEAD + questions
    )


@pytest.mark.parametrize(
    "text", [b"#" * (LIMITS.bytes + 1), b"\n" * (LIMITS.lines + 1)], ids=["bytes", "lines"]
)
def test_what_is_too_large_is_refused(file: Path, text: bytes) -> None:
    assert "is too large to be a policy" in error(file, text)


def test_a_file_that_is_no_text_or_not_there(file: Path) -> None:
    assert "line 1: this is not UTF-8 text" in error(file, b"\xff")
    with pytest.raises(UsageError, match="No such file"):
        read_policy(file.with_name("none.toml"))


@pytest.mark.parametrize(
    "path", sorted((template_folder() / "policies").glob("*.toml")), ids=lambda path: path.stem
)
def test_the_policies_to_begin_with_are_good(path: Path) -> None:
    policy, _ = read_policy(path)
    assert policy.rules
    assert policy.questions
    assert all(each.decides and each.languages for each in policy.items)
