"""Puts a server together: everything is checked before the first request is taken."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcribe.cli.install import absolute
from transcribe.cli.watch_run import stop_signals
from transcribe.core.errors import DependencyError, OutputError, UsageError
from transcribe.core.events import Noticed, Progress
from transcribe.core.places import WORK_ENV
from transcribe.core.settings import Settings

if TYPE_CHECKING:
    from transcribe.control.review.state import ReadPolicy
    from transcribe.server.archive import LibraryArchive
    from transcribe.server.lookout import Lookout
    from transcribe.server.turns.dispatcher import Dispatcher
    from transcribe.server.turns.store import Store

PACKAGES = ("starlette", "uvicorn", "python_multipart", "sse_starlette")
INSTALL = "Install what it needs: pip install 'transcribe-offline[server]'"
FIRST_KEY = "first"
STOP_S = 5
"""How long requests may still be answered after the server was told to stop."""


@dataclass(frozen=True)
class ServeOptions:
    """What was asked for; each field is the option of its name."""

    host: str
    port: int
    data: Path
    key: bool
    hosts: tuple[str, ...]
    roots: tuple[Path, ...]
    watched: tuple[Path, ...]
    keep_loaded: float
    most: int
    quota: float | None


def require_packages() -> None:
    """Look for the packages of the extra `server`.

    Raises:
        DependencyError: One is missing.
    """
    for package in PACKAGES:
        if importlib.util.find_spec(package) is None:
            raise DependencyError(f"the server needs the package {package}, which is not installed", INSTALL)


def work_folder(data: Path) -> Path:
    """Where the work directories are: with all else, and removed with their jobs, unless told otherwise."""
    from transcribe.server.turns.store import WORK

    return Path(os.environ.get(WORK_ENV) or data / WORK)


def make_key(folder: Path, name: str) -> str:
    """A new key for somebody, to be shown once.

    Raises:
        OutputError: It cannot be kept.
    """
    from transcribe.core.disk import disk_errors
    from transcribe.core.files import private_folder
    from transcribe.server.access.keys import Keys

    with disk_errors(folder, "making", "Choose another folder with --data"):
        private_folder(folder)
    return Keys(folder).make(name)


def run_server(
    settings: Settings, asked: ServeOptions, progress: Progress, tell: Callable[[str], Any]
) -> int:
    """Serve until told to stop; the signal that did, or 0.

    Args:
        tell: Shows a line, whatever else is shown.

    Raises:
        UsageError: Approval is required before anything is published, or the policy is wrong.
        TranscribeError: There is no model or no ffmpeg, or the folder or the port cannot be used.
    """
    from transcribe.engines.ffmpeg import Ffmpeg
    from transcribe.jobs.assemble.run import assemble
    from transcribe.jobs.worker import Worker
    from transcribe.models.catalogue import weights_name
    from transcribe.server.access.auth import Access, is_loopback
    from transcribe.server.access.keys import Keys
    from transcribe.server.access.sessions import Sessions
    from transcribe.server.app import application
    from transcribe.server.intake.room import Quota
    from transcribe.server.intake.uploads import Limits
    from transcribe.server.log import logged_to
    from transcribe.server.service import Service
    from transcribe.server.turns.dispatcher import Dispatcher
    from transcribe.server.turns.store import Store, locked

    if settings.output.require_approval:
        raise UsageError(
            "serve gives whoever sends a recording its transcript, and lets nothing wait for approval",
            "Turn require_approval off for it",
        )
    os.environ[WORK_ENV] = str(work_folder(asked.data))
    policy = _policy(settings.output.policy)
    settings = settings.replace({"policy": None})  # jobs are done whatever it says
    media = Ffmpeg.find(settings.compute, settings.normalise)
    with ExitStack() as stack:
        listening = stack.enter_context(_bound(asked.host, asked.port))
        stack.enter_context(locked(asked.data))
        worker = Worker(settings, assemble)
        stack.callback(worker.stop)
        model = worker.check()
        worker.stop()  # started again by the first upload
        keys = sessions = None
        if asked.key or not is_loopback(asked.host):
            keys = Keys(asked.data)
            sessions = Sessions(asked.data, keys)
            if not keys:
                tell(f"key, shown this once: {keys.make(FIRST_KEY)}")
                tell("more keys: transcribe serve --new-key NAME")
        store = stack.enter_context(closing(Store(asked.data, settings, model.sha256)))
        dispatcher = Dispatcher(store, worker, progress, asked.keep_loaded)
        service = Service(
            store=store,
            dispatcher=dispatcher,
            probe=media.probe,
            check=_check,
            model=weights_name(model.name),
            languages=_languages(weights_name(model.name)),
            roots=asked.roots,
            apart=keys is not None,
            limits=Limits(quota=Quota(asked.data, int((asked.quota or 0) * 1e9))),
            most=asked.most,
            lookout=_lookout(asked.watched, tell),
            policy=policy,
            archive=_archive(settings, store, dispatcher, progress),
        )
        access = Access(keys, frozenset(map(str.lower, asked.hosts)), sessions)
        app = application(service, access, progress)
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        tell(f"serving {weights_name(model.name)} on http://{shown}:{port}/v1, data in {asked.data}")
        tell(f"pages for people: http://{shown}:{port}/")
        if not is_loopback(asked.host):
            tell("without TLS: put a proxy in front of it (docs/serve.md)")
        with stop_signals() as came, logged_to(progress):
            asyncio.run(_serving(app, listening, service.stop))
        if came:
            progress(Noticed("stopped; the next start goes on here"))
        return came[-1] if came else 0


def _policy(path: Path | None) -> ReadPolicy | None:
    """The policy by which transcripts are reviewed.

    Raises:
        UsageError: It cannot be read, or something in it is wrong; the message names the line.
        DependencyError: A package of the extra `control` is not installed.
    """
    from transcribe.control.personal.checks import checks
    from transcribe.control.policy.read import read_policy

    if path is None:
        return None
    checks()
    return read_policy(absolute(path))


def _archive(
    settings: Settings, store: Store, dispatcher: Dispatcher, progress: Progress
) -> LibraryArchive | None:
    """What finds words in the episodes, where the settings ask for that."""
    from transcribe.archive.reader import place
    from transcribe.engines.llm.embeddings import embedder_of
    from transcribe.server.archive import LibraryArchive

    if not settings.archive.archive:
        return None
    if settings.archive.meaning:
        embedder_of(settings.archive.meaning, 1.0)  # says now what is wrong with it
    file = absolute(place(settings.archive.archive))
    return LibraryArchive(file, store, dispatcher.listeners, progress, settings.archive.meaning)


def _lookout(folders: Sequence[Path], tell: Callable[[str], Any]) -> Lookout:
    """What sees the watched folders; those of which there is nothing to see are told."""
    from transcribe.server.lookout import Lookout
    from transcribe.watch.glance import glance

    looks = [(each, partial(glance, absolute(each))) for each in folders]
    for each, look in looks:
        if (seen := look()).problem:
            tell(f"nothing can be shown of {each} so far: {seen.why}")
    return Lookout(looks)


def _languages(model: str) -> tuple[str, ...]:
    """Codes of the languages that a model knows, by its name."""
    from transcribe.engines import parakeet
    from transcribe.models.token_table import LANGUAGES

    if model.endswith(".en"):
        return ("en",)
    return tuple(sorted(parakeet.LANGUAGES)) if "parakeet" in model else LANGUAGES


async def _serving(app: Any, listening: socket.socket, stop: Callable[[], None]) -> None:
    import uvicorn

    from transcribe.server.intake.connections import Connection, most_connections

    class Limited(Connection):
        most = most_connections()

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: Any) -> None:
            loop.call_soon_threadsafe(stop)
            super().handle_exit(sig, frame)

    loop = asyncio.get_running_loop()
    config = uvicorn.Config(
        app,
        http=Limited,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips="127.0.0.1,::1",  # a proxy on this machine says whether it was reached by TLS
        timeout_graceful_shutdown=STOP_S,
        backlog=512,
    )
    await Server(config).serve(sockets=[listening])


def _bound(host: str, port: int) -> socket.socket:
    """A socket on which nobody else listens.

    Raises:
        OutputError: The address is not this machine's, or is taken.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family, backlog=512)
    except (OSError, UnicodeError) as error:
        reason = (error.strerror or error) if isinstance(error, OSError) else "no machine can have that name"
        raise OutputError(
            f"{host} port {port} cannot be used: {reason}",
            "Choose another with --port or --host",
        ) from error
    # Connections inherit it. Without, the second part of an answer waits 40 ms for the client's receipt;
    # asyncio sets it only where the socket names its protocol, which this one does not.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.setblocking(False)
    return listening


def _check(settings: Settings) -> None:
    """See that a job's own settings can be met: its speakers, and that they make sense.

    Raises:
        TranscribeError: They cannot.
    """
    from transcribe.jobs.assemble.diariser import diariser_of
    from transcribe.pipeline.speakers.step import check_speakers

    diariser_of(settings)
    check_speakers(settings, ["recording"])
