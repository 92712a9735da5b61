from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from transcribe.core.errors import TranscribeError, UsageError
from transcribe.formats import sandbox, templates
from transcribe.formats.templates import escape_markdown, find_template, render_file, render_template


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ours = tmp_path / "packaged"
    ours.mkdir()
    monkeypatch.setattr(templates, "template_folder", lambda: ours)
    monkeypatch.setenv("TRANSCRIBE_CONFIG", str(tmp_path / "config" / "transcribe.toml"))
    monkeypatch.chdir(tmp_path)
    return ours


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """The project's folder of templates."""
    project = tmp_path / "templates"
    project.mkdir()
    return project


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
        ("{% include 'b.md.j2' %}", r"template b\.md\.j2 .*is not in"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(folder: Path, source: str, message: str) -> None:
    (folder / "a.md.j2").write_text(source)
    with pytest.raises(TranscribeError, match=message):
        render_template("a.md.j2", text="x", items=[])


def test_a_template_reaches_nothing_outside_its_folder(folder: Path) -> None:
    (folder.parent / "secret.j2").write_text("secret")
    (folder / "a.md.j2").write_text("{% include '../secret.j2' %}")
    for name in ("../secret.j2", "a.md.j2", str(folder.parent / "secret.j2")):
        with pytest.raises(TranscribeError, match="is not in"):
            render_template(name)


def test_a_template_may_be_a_symbolic_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("there")
    (folder / "a.md.j2").symlink_to(tmp_path / "elsewhere")
    assert render_template("a.md.j2") == "there"


def test_the_projects_template_comes_before_the_users_and_ours(
    folder: Path, own: Path, tmp_path: Path
) -> None:
    user = tmp_path / "config" / "templates"
    user.mkdir(parents=True)
    found = []
    for place, text in ((folder, "ours"), (user, "user"), (own, "project")):
        (place / "a.md.j2").write_text(text)
        found.append((render_template("a.md.j2"), find_template("a.md.j2")[0]))
    assert found == [("ours", "packaged"), ("user", "user"), ("project", "project")]


def test_a_file_may_include_what_lies_beside_it_and_ours(folder: Path, tmp_path: Path) -> None:
    (folder / "ours.j2").write_text("ours")
    (tmp_path / "beside.j2").write_text("beside")
    mine = tmp_path / "mine.j2"
    mine.write_text("{% include 'beside.j2' %} {% include 'ours.j2' %} {{ word }}")
    assert render_file(mine, word="x") == "beside ours x"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no template .*gone\.j2"):
        render_file(tmp_path / "gone.j2")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
            "stopped after 1 s",
        ),
        ("{{ 9 ** (9 ** 9) }}", "stopped after 1 s"),
        ("{{ 'x' * 10 ** 11 }}", "too much memory"),
        (
            "{% set n = namespace(x='xx') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
            "too much memory|stopped after 1 s",
        ),
        ("{% for a in range(99999) %}{{ 'x' * 99999 }}{% endfor %}", "writes more than 128 million"),
        ("{% for a in range(10 ** 9) %}{% endfor %}", "line 1 failed: Range too big"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "calls itself without end"),
    ],
)
def test_what_never_ends_is_stopped(
    own: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    monkeypatch.setattr(sandbox, "SECONDS", 1 if "1 s" in message else 60)
    (own / "a.md.j2").write_text(source)
    with pytest.raises(TranscribeError, match=message):
        render_template("a.md.j2")


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ render.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ text.format.__self__ }}",
        "{{ '{0.__class__}'.format(text) }}",
        "{{ cycler.__init__.__globals__.os.popen('id') }}",
        "{{ text | attr('__class__') }}",
    ],
)
def test_the_inside_of_python_is_out_of_reach(own: Path, source: str) -> None:
    (own / "a.md.j2").write_text(source)
    with pytest.raises(TranscribeError, match=r"a\.md\.j2, line 1 failed: .*(unsafe|undefined|no attribute)"):
        render_template("a.md.j2", text="x", render=render_template)


def test_what_is_no_text_or_too_large_is_refused(own: Path) -> None:
    (own / "a.md.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(TranscribeError, match="not UTF-8"):
        render_template("a.md.j2")
    (own / "a.md.j2").write_bytes(b"x" * (templates.MAX_TEMPLATE_BYTES + 1))
    with pytest.raises(TranscribeError, match="too large"):
        render_template("a.md.j2")


@pytest.mark.parametrize(
    ("ms", "shown"), [(0, "00:00"), (59_999, "00:59"), (3_599_000, "59:59"), (3_600_000, "1:00:00")]
)
def test_times_as_players_link_them(ms: int, shown: str) -> None:
    assert templates.clock(ms) == shown


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/a?b=1&c=ä", "https://example.org/a?b=1&c=ä"),
        ('https://example.org/a b<">)', "https://example.org/a%20b%3C%22%3E%29"),
        ("HTTP://EXAMPLE.ORG/", "HTTP://EXAMPLE.ORG/"),
        ("javascript:alert(1)", ""),
        (" data:text/html,x", ""),
        ("java\nscript:x", ""),
    ],
)
def test_only_addresses_of_the_web_become_links(url: str, safe: str) -> None:
    assert templates.web_url(url) == safe


def test_every_filter_is_documented() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "templates.md").read_text(encoding="utf-8")
    assert [name for name in templates.FILTERS if f"| `{name}` |" not in page] == []


@given(st.text(st.sampled_from("ab 1.)-+#>=*_`[]()<>&|~$\\!:/"), max_size=30))
def test_escaped_text_reads_back_as_it_was(text: str) -> None:
    tokens = MarkdownIt().enable(["table", "strikethrough"]).parse(escape_markdown(text))
    inline = [token for token in tokens if token.type == "inline"]
    shown = "".join(child.content for token in inline for child in token.children or [])
    assert shown == " ".join(text.split())
    assert all(token.type in {"paragraph_open", "inline", "paragraph_close"} for token in tokens)
    assert all(child.type in {"text", "text_special"} for token in inline for child in token.children or [])
