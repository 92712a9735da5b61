"""What strangers write runs nowhere: every text of an episode is an attack, on every page, in Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import counter as doubles
import pytest
from counter import Counter, eventually
from playwright.sync_api import Page, sync_playwright

from transcribe.core.episode import Episode
from transcribe.core.settings import Settings
from transcribe.formats.document import read_document, write
from transcribe.formats.example import example_episode

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

RUN = "window.attacked=1"
ATTACKS = (
    f'"><img src=x onerror={RUN}>', f"</script><script>{RUN}</script>", f"<svg onload={RUN}>",
    f"<a href=javascript:{RUN}>a</a>", f"' autofocus onfocus={RUN} '", "{{ 7 * 7 }}${7 * 7}", "<!--<script>",
    "<base href=//evil.example/>", "<meta http-equiv=refresh content='0;url=//evil.example'>",
)  # fmt: skip
ALL = " ".join(ATTACKS)
KEPT = {"made_by", "kind", "origin", "placed", "sha256", "when"}
"""Fields of a document that are no free text."""

ADDED = f"img[src=x], svg[onload], base, [onerror], [onfocus], a[href*={RUN.split('.', maxsplit=1)[0]}]"
"""What attacks would add to a page."""


def poisoned(value: Any) -> Any:
    """The same with attacks in the place of every text."""
    if isinstance(value, tuple):
        return tuple(map(poisoned, value))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    found = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in KEPT}
    texts = {name: ALL for name, each in found.items() if isinstance(each, str)}
    for name in texts.keys() & {"url", "image"}:
        texts[name] = f"javascript:{RUN}"
    if "space_before" in found:  # a word
        texts["text"] = ATTACKS[found["start_ms"] % len(ATTACKS)].replace(" ", "\u00a0")
    if "speaker" in texts:
        texts["speaker"] = ATTACKS[0] + found["speaker"]
    return replace(value, **{name: poisoned(each) for name, each in found.items()} | texts)


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    return Counter(tmp_path / "data")


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Episode:
    """An episode whose every text is an attack; every recording turns out to be it."""
    episode: Episode = poisoned(example_episode())
    content = write(episode, Settings().subtitles)
    assert read_document(content).transcript.segments
    monkeypatch.setattr(doubles, "write", lambda *_: content)
    return episode


@pytest.fixture
def page() -> Iterator[Page]:
    """A page; whatever runs on it, complains, or asks elsewhere fails the test."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])  # root has none
        page = browser.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: said.append(request.url) if "//evil" in request.url[:20] else None)
        yield page
        browser.close()
    assert [each for each in said if "status of 404" not in each and "ERR_FILE_NOT_FOUND" not in each] == []


def look(page: Page, url: str) -> None:
    """Open a page and everything on it; nothing of an attack is there but its letters."""
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate("window.attacked") is None
    assert page.locator(ADDED).count() == 0
    assert "49$49" not in page.content()


@pytest.mark.slow
@pytest.mark.usefixtures("hostile")
def test_nothing_that_a_stranger_wrote_runs(counter: Counter, page: Page, tmp_path: Path) -> None:
    with counter.serving() as client:
        names = []
        for number, attack in enumerate(ATTACKS):
            file = {"file": (attack.replace("/", "\u2215"), f"2 {number}".encode())}
            options = {"show_title": attack, "links": f"x=javascript:{RUN}", "prompt": attack}
            names.append(client.post("/v1/jobs", files=file, data=options).json()["id"])
        for name in names:
            eventually(lambda name=name: client.get(f"/v1/jobs/{name}").json()["state"] == "done")  # type: ignore[misc]
        correct(client, f"/episodes/{names[0]}")
        base = f"http://localhost:{counter.port}"
        address = client.build_request("GET", "/library", params={"q": ALL}).url
        for path in ("/", "/library", "/watched", f"/episodes/{names[0]}", "/episodes/%3Csvg%20onload=1%3E"):
            look(page, base + path)
        look(page, str(address))
        for form in ("html", "page"):
            answer = client.get(f"/v1/jobs/{names[0]}/results/{form}")
            assert answer.headers["content-disposition"].startswith("attachment; ")
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in answer.headers["content-security-policy"]
            saved = tmp_path / f"{form}.html"
            saved.write_bytes(answer.content)
            look(page, saved.as_uri())


def correct(client: Any, episode: str) -> None:
    """Correct a line, rename a speaker, decide about everything and approve, with attacks."""
    told = client.get(f"{episode}/transcript").json()
    names = {told["speakers"][0]: ATTACKS[2]}
    renamed = client.post(f"{episode}/speakers", json={"revision": told["revision"], "names": names})
    line, revision = renamed.json()["lines"][0], renamed.json()["revision"]
    wanted = {name: line[name] for name in ("first", "end")} | {"seen": line["corrections"]}
    edits = [wanted | {"lines": [{"text": ALL, "speaker": ATTACKS[1]}]}]
    said = {"revision": revision, "edits": edits, "who": ATTACKS[0]}
    client.post(f"{episode}/edits", json=said)
    review = client.get(f"{episode}/review").json()
    for item in review["items"]:
        about = {"item": item["id"], "content": item["content"], "choice": "accept"}
        known = {"revision": review["revision"], "seen": review["seen"]}
        decided = client.post(f"{episode}/decisions", json=about | known | {"reason": ALL, "who": ATTACKS[0]})
        review = decided.json()["review"]
    approval = {"revision": review["revision"], "who": ATTACKS[0], "reason": ALL}
    assert client.post(f"{episode}/approvals", json=approval).status_code == 200
