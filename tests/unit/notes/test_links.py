"""What an episode mentions leads where somebody said, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from recordings import episode_of

from transcribe.core.show_notes import Mention
from transcribe.notes.extractive import write_extractive
from transcribe.notes.links import with_said_addresses
from transcribe.notes.material import material_of, sentences_of


def mentioned(texts: Sequence[str], language: str) -> dict[str, str]:
    mentions = write_extractive(material_of(episode_of(texts, language))).mentions
    return {mention.name: mention.url for mention in mentions}


@pytest.mark.parametrize(
    ("language", "text", "name", "url"),
    [
        ("en", "The tools of Datastack are at datastack.dev.", "Datastack", "https://datastack.dev"),
        (
            "en",
            "The tools of Datastack are at datastack dot dev slash docs.",
            "Datastack",
            "https://datastack.dev",
        ),
        ("pl", "Znam Optimax od lat i stronę optimax kropka pl.", "Optimax", "https://optimax.pl"),
        ("de", "Bei Freiburg steht alles auf www.freiburg.de.", "Freiburg", "https://freiburg.de"),
    ],
)
def test_an_address_that_was_said_is_the_link_of_its_name(
    language: str, text: str, name: str, url: str
) -> None:
    assert mentioned([text], language)[name] == url


def test_an_address_of_nobody_is_a_mention() -> None:
    assert mentioned(["You find more about it at lighthouse.org/keepers today."], "en") == {
        "lighthouse.org/keepers": "https://lighthouse.org/keepers"
    }


def test_one_address_is_one_mention() -> None:
    texts = [
        "It is at lighthouse.org today.",
        "Again, lighthouse.org is the place.",
        "Or www.lighthouse.org it is.",
    ]
    assert list(mentioned(texts, "en")) == ["lighthouse.org"]


@pytest.mark.parametrize(
    "said", ["ann@lighthouse.org", "javascript:alert(1)", "10.0.0.1", "It ends.It begins"]
)
def test_what_no_browser_opens_is_no_link(said: str) -> None:
    sentences = sentences_of(episode_of([f"Write to {said} today."]).transcript)
    assert with_said_addresses((), sentences, frozenset()) == ()


def test_words_that_are_not_to_be_relied_on_are_no_link() -> None:
    sentences = sentences_of(episode_of(["It is at lighthouse.org today."]).transcript)
    mention = Mention("Lighthouse", "other", 0, (0,))
    assert with_said_addresses([mention], sentences, frozenset([0])) == (mention,)
