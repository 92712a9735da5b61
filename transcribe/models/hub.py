"""The model hub, through its own client: what it states about a file, and the file itself."""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from transcribe.core.errors import ModelError, NetworkError, OutputError
from transcribe.core.reading import real
from transcribe.models.catalogue import HubSource, ModelFile

HUB_TIMEOUT_S = 5.0
"""How long the hub may take to answer before the next source is tried."""

Answer = TypeVar("Answer")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def stated_by_hub(origin: HubSource, name: str) -> tuple[HubSource, ModelFile]:
    """A file as the hub states it now: at the commit that its branch stands for, with size and digest.

    The entity tag of a large file is its SHA-256 (huggingface_hub's documentation of
    `get_hf_file_metadata`); a small one's is shorter and is refused.

    Args:
        origin: Where it is; the revision may be a branch.
        name: What it is called on this machine.

    Raises:
        NetworkError: The hub cannot be reached, does not have the file, or keeps us out.
        ModelError: It states no digest.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    with _hub_errors(origin):
        url = hf_hub_url(origin.repo, origin.file, revision=origin.revision)
        stated = _asked(lambda token: get_hf_file_metadata(url, token=token, timeout=HUB_TIMEOUT_S))
    digest, commit = stated.etag or "", stated.commit_hash or ""
    if not (_SHA256.fullmatch(digest) and _COMMIT.fullmatch(commit) and stated.size):
        raise ModelError(
            f"the model hub states no SHA-256 of {origin.repo}/{origin.file}, so that it cannot be checked",
            "Fetch the file yourself and run: transcribe models import FILE",
        )
    return replace(origin, revision=commit), ModelFile(name, stated.size, digest)


def download_from_hub(origin: HubSource, *, force: bool) -> Path:
    """Fetch a file: the hub's client resumes, uses its cache, and obeys HF_ENDPOINT and HF_HOME.

    Args:
        origin: Which file.
        force: Fetch it again though it is in the cache.

    Raises:
        NetworkError: The hub cannot be reached, does not have the file, or keeps us out.
        OutputError: The disk is full.
    """
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    with _hub_errors(origin):
        if force or not _is_cached(origin):  # asked once; the download itself would go on asking for 23 s
            url = hf_hub_url(origin.repo, origin.file, revision=origin.revision)
            _asked(lambda token: get_hf_file_metadata(url, token=token, timeout=HUB_TIMEOUT_S))
        path = _asked(
            lambda token: hf_hub_download(
                origin.repo,
                origin.file,
                revision=origin.revision,
                token=token,
                etag_timeout=HUB_TIMEOUT_S,
                force_download=force,
            )
        )
    return real(Path(path))


def _asked(ask: Callable[[bool | None], Answer]) -> Answer:
    """The hub's answer, asked with the user's token only where there is none without it."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return ask(False)
    except HfHubHTTPError as error:
        if error.response is None or error.response.status_code not in (401, 403):
            raise
        return ask(None)


@contextmanager
def _hub_errors(origin: HubSource) -> Iterator[None]:
    from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, XetDownloadError
    from huggingface_hub.errors import HTTPError as HubHTTPError  # type: ignore[attr-defined]

    try:
        yield
    except GatedRepoError as error:
        raise NetworkError(
            f"the model hub gives {origin.repo} only to those who have accepted its terms",
            "Accept them on its page, and put your token into the environment as HF_TOKEN",
        ) from error
    except (OSError, HubHTTPError, EntryNotFoundError, XetDownloadError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OutputError(
                "the disk is full: fetching from the model hub", "Make room and try again"
            ) from error
        raise NetworkError(
            f"the model hub could not be reached or has no {origin.repo}/{origin.file}",
            "Check the connection, and HF_ENDPOINT if you use a mirror",
        ) from error


def _is_cached(origin: HubSource) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(origin.repo, origin.file, revision=origin.revision), str)
