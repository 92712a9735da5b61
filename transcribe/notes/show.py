"""What is known about the show: from the config, else from the recording's tags."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from transcribe.core.errors import UsageError
from transcribe.core.settings import ShowSettings
from transcribe.core.show_notes import Link, Show
from transcribe.formats.tokens import plain

Tags = Sequence[tuple[str, str]]

_SCHEMES = ("http", "https", "mailto")
"""What a published link may lead to: no `javascript:`, no files."""


def show_of(tags: Tags, settings: ShowSettings) -> Show:
    """Put together what the config and the recording's tags say; the config wins.

    Raises:
        UsageError: A link is not of the form LABEL=URL, or leads nowhere that can be published.
    """
    said = _Tags(tags)
    return Show(
        title=plain(settings.show_title) or said.first("show", "album", "podcast"),
        episode_title=plain(settings.episode_title) or said.first("title"),
        number=plain(settings.episode_number) or said.number("episode_sort", "episode_id", "track"),
        season=plain(settings.season_number) or said.number("season_number", "season"),
        hosts=_names(settings.hosts) or _names([said.first("artist", "album_artist")]),
        guests=_names(settings.guests),
        url=_page("show_url", settings.show_url),
        episode_url=_page("episode_url", settings.episode_url),
        image_url=_page("image_url", settings.image_url),
        links=links_of(settings.links),
        sponsor=plain(settings.sponsor),
        call_to_action=plain(settings.call_to_action),
    )


def links_of(links: Sequence[str]) -> tuple[Link, ...]:
    """Read `LABEL=URL`; without a label the address is what people read.

    Raises:
        UsageError: One leads nowhere that can be published.
    """
    return tuple(_link(link) for link in links)


def _link(link: str) -> Link:
    label, equals, url = link.partition("=")
    if not equals or label.strip().lower().startswith(("http:", "https:", "mailto:")):
        label, url = link, link  # the equals sign is the address's own
    return Link(plain(label), _address(url, f"the link {link!r}"))


def _page(key: str, url: str) -> str:
    return _address(url, f"{key} {url!r}") if url.strip() else ""


def _address(url: str, what: str) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    whole = parts.path if parts.scheme == "mailto" else parts.netloc
    if parts.scheme not in _SCHEMES or not whole or url != "".join(plain(url).split()):
        raise UsageError(
            f"{what} is no address that can be published",
            "Write LABEL=URL, with a URL that starts with https://, http:// or mailto:",
        )
    return url


def _names(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for raw in names if (name := plain(raw)))


class _Tags:
    def __init__(self, tags: Tags) -> None:
        self._values = {key.lower().replace("-", "_"): plain(value) for key, value in tags}

    def first(self, *keys: str) -> str:
        """The first of some tags that says something; at most 300 characters, since files may be hostile."""
        return next((value[:300] for key in keys if (value := self._values.get(key, ""))), "")

    def number(self, *keys: str) -> str:
        """The same for a number: "7/12" is 7."""
        values = (self.first(key).split("/")[0].strip().lstrip("0") for key in keys)
        return next((value for value in values if value.isdigit()), "")
