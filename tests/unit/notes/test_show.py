"""What is known about a show: the config first, then the recording's tags."""

from __future__ import annotations

import pytest

from transcribe.core.errors import UsageError
from transcribe.core.settings import Settings
from transcribe.core.show_notes import NO_SHOW, Link
from transcribe.notes.show import links_of, show_of

TAGS = (("TITLE", "The\nbees"), ("album", "Hive Talk"), ("artist", "Robin Hale"), ("track", "07/12"))


def test_tags_are_used() -> None:
    show = show_of(TAGS, Settings().show)
    assert (show.title, show.episode_title, show.number, show.hosts) == (
        "Hive Talk",
        "The bees",
        "7",
        ("Robin Hale",),
    )


def test_the_config_wins() -> None:
    settings = Settings.of(show_title="Bees", episode_number="8", hosts=("Ann", "Ben")).show
    show = show_of(TAGS, settings)
    assert (show.title, show.number, show.hosts) == ("Bees", "8", ("Ann", "Ben"))


def test_nothing_known() -> None:
    assert show_of((), Settings().show) == NO_SHOW
    assert show_of((("track", "side A"), ("title", " ")), Settings().show) == NO_SHOW


def test_links() -> None:
    assert links_of(
        ["Our site=https://hive.example/?a=b", "https://hive.example/?a=b", "Mail=mailto:a@b.example"]
    ) == (
        Link("Our site", "https://hive.example/?a=b"),
        Link("https://hive.example/?a=b", "https://hive.example/?a=b"),
        Link("Mail", "mailto:a@b.example"),
    )


@pytest.mark.parametrize(
    "link",
    [
        "site",
        "=",
        "x=javascript:alert(1)",
        "x=file:///etc/passwd",
        "x=https://",
        "x=http://[",
        "x=https://a b",
    ],
)
def test_links_that_cannot_be_published(link: str) -> None:
    with pytest.raises(UsageError, match="LABEL=URL"):
        links_of([link])


def test_pages_are_checked_too() -> None:
    with pytest.raises(UsageError, match="show_url"):
        show_of((), Settings.of(show_url="javascript:alert(1)").show)
