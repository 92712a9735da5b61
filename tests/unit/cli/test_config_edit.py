"""Options set in a file that a person wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.cli.config_edit import set_options
from transcribe.core.config import load
from transcribe.core.errors import UsageError

WRITTEN = """\
# my settings
model = "base"  # small but quick
workers = 9

[profiles.pl]  # Polish
language = "pl"
"""


def test_comments_and_order_stay(tmp_path: Path) -> None:
    path = tmp_path / "transcribe.toml"
    path.write_text(WRITTEN)
    set_options(path, {"engine": "ctranslate2", "workers": 1})
    text = path.read_text()
    assert text == WRITTEN.replace("workers = 9\n", 'workers = 1\nengine = "ctranslate2"\n')
    settings = load({}, path, "pl", {}).settings
    assert (settings.recognise.engine, settings.compute.workers) == ("ctranslate2", 1)
    assert (settings.recognise.model, settings.recognise.language) == ("base", "pl")


def test_a_file_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "transcribe.toml"
    set_options(path, {"threads": 2})
    assert path.read_text() == "threads = 2\n"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "dotfiles.toml", tmp_path / "transcribe.toml"
    target.write_text("threads = 1\n")
    link.symlink_to(target)
    set_options(link, {"threads": 2})
    assert link.is_symlink()
    assert target.read_text() == "threads = 2\n"


@pytest.mark.parametrize("content", [b"threads = ", b"\xff\xfe"])
def test_what_cannot_be_read_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "transcribe.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be changed"):
        set_options(path, {"threads": 2})
    assert path.read_bytes() == content
