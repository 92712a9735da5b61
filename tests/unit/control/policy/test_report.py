"""The report of a policy: escaped, linked, and as its schema says."""

from __future__ import annotations

import json
import runpy
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from spoken import episode, segment

from transcribe.control.policy import report as module
from transcribe.control.policy.items import Policy, Question, Rule
from transcribe.control.policy.report import PolicyReport, checked, content_of, failed, report_of
from transcribe.core.errors import UsageError

DOCS = Path(__file__).resolve().parents[4] / "docs"
EVIL = "<script>a</script>|*b*"
POLICY = Policy(
    version=1,
    name=EVIL,
    rules=(Rule(id="a", title=EVIL, words=("bee",), evidence=EVIL, decides=EVIL),),
    questions=(Question(id="q", title="Q", ask="Is it?"),),
)


@pytest.fixture
def document(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a talk.html").write_text("page")
    return tmp_path / "out" / "a talk.json"


def made(document: Path) -> PolicyReport:
    heard = episode(segment(f"{EVIL} bee {EVIL} call 020 7946 0958 now", 83_500))
    return report_of(POLICY, "ab" * 32, [checked(document, heard, POLICY), failed(Path("no.json"), EVIL)])


def test_the_document_fits_its_schema(document: Path) -> None:
    content = json.loads(content_of(made(document), Path("r.json")))
    jsonschema.validate(content, module.schema())
    assert (
        content["person"],
        content["episodes"][0]["verdicts"][0]["finds"][0]["spans"][0]["first_word"],
    ) == (True, 1)
    assert content["episodes"][1]["failure"] == EVIL
    assert "0958" not in json.dumps(content)


class Elements(HTMLParser):
    """The tags of a page, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href"]


def test_a_page_escapes_what_was_said_and_links_into_the_sound(document: Path) -> None:
    page = content_of(made(document), document.parents[1] / "r.html").decode()
    found = Elements(page)
    assert "script" not in found.tags
    assert found.links == ["out/a%20talk.html#t=85.040"]
    assert "<strong>bee</strong>" in page
    assert "<strong>not checked</strong>: &lt;script&gt;" in page
    assert "0958" not in page


def test_markdown_shows_what_was_said_as_it_is(document: Path) -> None:
    page = content_of(made(document), document.with_name("r.md")).decode()
    assert "[00:01:25](a%20talk.html#t=85.040)" in page
    assert "<script" not in page
    assert r"\*b\*" in page
    assert "0958" not in page


def test_without_a_page_beside_it_a_time_is_no_link(tmp_path: Path) -> None:
    page = content_of(made(tmp_path / "talk.json"), tmp_path / "r.html").decode()
    assert "href" not in page
    assert "<time>00:01:25</time>" in page


def test_a_report_is_no_link_into_itself(document: Path) -> None:
    assert "href" not in content_of(made(document), document.with_suffix(".html")).decode()


def test_the_name_says_what_kind_of_report_it_is() -> None:
    with pytest.raises(UsageError, match=r"r\.pdf is no name of a report\. End it in"):
        content_of(report_of(POLICY, "", []), Path("r.pdf"))


@pytest.fixture
def generator() -> Mapping[str, Any]:
    return runpy.run_path(str(DOCS / "schema.py"))


def test_docs_are_up_to_date(generator: Mapping[str, Any]) -> None:
    page, described = (
        (DOCS / name).read_text("utf-8") for name in ("control.md", "policy-report.schema.json")
    )
    assert described == generator["policy_text"](), "run make docs"
    assert page == generator["policy_page_text"](page), "run make docs"
