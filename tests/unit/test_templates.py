from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from transcribe import templates
from transcribe.errors import TranscribeError
from transcribe.templates import escape_markdown, render_template


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(templates, "template_folder", lambda: tmp_path)
    return tmp_path


def test_a_template_is_filled_in(folder: Path) -> None:
    (folder / "a.md.j2").write_text("{{ name | md }} {{ 3723004 | timecode }} {{ 187000 | duration }}\n")
    assert render_template("a.md.j2", name="*Anna*") == "\\*Anna\\* 01:02:03 3:07\n"


def test_html_templates_escape_by_themselves(folder: Path) -> None:
    (folder / "a.html.j2").write_text("<p>{{ text }}</p>")
    assert render_template("a.html.j2", text="<b>") == "<p>&lt;b&gt;</p>"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("one\n{% if %}\n", r"a\.md\.j2, line 2 cannot be read"),
        ("one\ntwo\n{{ missing }}\n", r"a\.md\.j2, line 3 failed: 'missing' is undefined"),
        ("{{ text.__class__.__mro__ }}", r"a\.md\.j2, line 1 failed: access to attribute '__class__'"),
        ("\n{{ items.append(1) }}", r"a\.md\.j2, line 2 failed: .*append"),
        ("\n\n{{ 1 / 0 }}", r"a\.md\.j2, line 3 failed: division by zero"),
        ("{% include 'b.md.j2' %}", r"template b\.md\.j2 is not in"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(folder: Path, source: str, message: str) -> None:
    (folder / "a.md.j2").write_text(source)
    with pytest.raises(TranscribeError, match=message):
        render_template("a.md.j2", text="x", items=[])


def test_a_template_reaches_nothing_outside_its_folder(folder: Path) -> None:
    (folder.parent / "secret.j2").write_text("secret")
    with pytest.raises(TranscribeError, match="is not in"):
        render_template("../secret.j2")


@given(st.text(st.sampled_from("ab 1.)-+#>=*_`[]()<>&|~$\\!:/"), max_size=30))
def test_escaped_text_reads_back_as_it_was(text: str) -> None:
    tokens = MarkdownIt().enable(["table", "strikethrough"]).parse(escape_markdown(text))
    inline = [token for token in tokens if token.type == "inline"]
    shown = "".join(child.content for token in inline for child in token.children or [])
    assert shown == " ".join(text.split())
    assert all(token.type in {"paragraph_open", "inline", "paragraph_close"} for token in tokens)
    assert all(child.type in {"text", "text_special"} for token in inline for child in token.children or [])
