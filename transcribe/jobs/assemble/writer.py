"""From the option `--writer` to the language model that writes show notes, or answers questions."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from transcribe.core.chat import ChatIdentity, ChatModel
from transcribe.core.errors import ModelError, UsageError
from transcribe.core.seal.take import refuse
from transcribe.core.settings import Settings
from transcribe.jobs.assemble.memory import available_bytes
from transcribe.jobs.assemble.workers import cores
from transcribe.models.digest import read_always
from transcribe.models.installed import InstalledModel, check_before_load
from transcribe.models.model_lock import places_of_locks
from transcribe.models.store import AUTO, Store
from transcribe.notes.extractive import NAME as EXTRACTIVE
from transcribe.notes.writer import Writer
from transcribe.pipeline.ports import OpenWriter

if TYPE_CHECKING:
    from transcribe.engines.llm.servers import Kind as ServerKind

OpenChat = Callable[[], ChatModel]
"""Gets a language model ready."""

WRITE_MOST = ("qwen3-4b",)
WRITE = {"pl": ("bielik-4.5b", *WRITE_MOST)}
"""The smallest models of the catalogue that are made for a language."""


def choose_writer(settings: Settings) -> OpenWriter | None:
    """What opens the language model that writes show notes; None where none was asked for.

    Raises:
        UsageError: There is no writer of that name, no such folder with prompts, or the host is none.
        ModelError: The model is not installed.
        DependencyError: The engine is missing.
    """
    open_chat = choose_chat(settings)
    if open_chat is None:
        return None
    from transcribe.notes.prompts import find_prompts

    find_prompts(settings.notes.writer_prompts)
    return partial(_prompted, open_chat, settings)


def choose_chat(settings: Settings) -> OpenChat | None:
    """What opens the language model; None where none was asked for.

    A model without a server is looked for now, and loaded when it is opened, when recognition has given its
    memory back. A server is asked when it is opened.

    Raises:
        UsageError: There is no writer of that name, or the host is none; or it is a server, and the run is
            sealed.
        ModelError: The model is not installed.
        DependencyError: The engine is missing.
    """
    read_always(settings.compute.paranoid)
    name, _, model = settings.notes.writer.partition(":")
    if name == EXTRACTIVE and not model:
        return None
    from transcribe.engines.llm.http import check_url
    from transcribe.engines.llm.servers import KINDS

    if name == "llama.cpp":
        from transcribe.engines.llm.llama_cpp import version

        version()
        return partial(_open_llama_cpp, Store().find(model or AUTO, "llm"), settings)
    if name in KINDS:
        refuse(f"--writer {name}, also on this machine,", "Use --writer llama.cpp or --writer extractive")
        if settings.notes.writer_host:
            check_url(settings.notes.writer_host)
        return partial(_open_served, KINDS[name], model, settings)
    names = ", ".join([EXTRACTIVE, "llama.cpp", *KINDS])
    raise UsageError(
        f"there is no writer {settings.notes.writer!r}", f"There are: {names}; add :MODEL to most"
    )


def _open_llama_cpp(model: InstalledModel, settings: Settings) -> ChatModel:
    from transcribe.engines.llm.llama_cpp import LlamaCpp, version
    from transcribe.engines.llm.memory import fitting_context
    from transcribe.models.gguf_file import read_gguf

    info, asked = read_gguf(model.path), settings.notes
    context = fitting_context(
        model.name,
        info.context,
        info.token_bytes,
        model.bytes,
        available_bytes(),
        asked.writer_context,
    )
    check_before_load(model)  # reads the whole file, so that one too large for the memory is refused before
    identity = ChatIdentity("llama.cpp", version(), model.name, model.sha256, model.licence or info.licence)
    # One core is left alone: llama.cpp's threads wait for each other by spinning, and one that has to share
    # its core holds all of them up (measured: SmolLM2 25 tokens/s with one thread, 1 with two of two).
    threads = settings.compute.threads or max(1, cores() - 1)
    return LlamaCpp(model.path, identity, context, threads, asked.writer_seconds)


def _open_served(kind: ServerKind, model: str, settings: Settings) -> ChatModel:
    from transcribe.engines.llm.find import connect
    from transcribe.engines.llm.http import KEY_ENV

    if path := next(filter(os.path.lexists, places_of_locks()), None):
        raise ModelError(
            f"the lock {path} is in force, and nobody can check what {kind} loads",
            "Use --writer llama.cpp with a model of the lock, or --writer extractive",
        )
    asked = settings.notes
    return connect(
        kind,
        model,
        host=asked.writer_host,
        key=os.environ.get(KEY_ENV, ""),
        seconds=asked.writer_seconds,
        context=asked.writer_context,
    )


def _prompted(open_chat: OpenChat, settings: Settings) -> Writer:
    from transcribe.notes.asking import Manner
    from transcribe.notes.prompted import PromptedWriter
    from transcribe.notes.prompts import find_prompts

    asked, chat = settings.notes, open_chat()
    manner = Manner(
        find_prompts(asked.writer_prompts),
        asked.writer_system,
        asked.writer_temperature,
        60 * asked.writer_budget,
        partial(_better, chat.identity.model),
    )
    return PromptedWriter(chat, manner)


def _better(model: str, language: str) -> str:
    """Which models write a language that this one does not, for people; nothing where it is one of them."""
    names = WRITE.get(language, WRITE_MOST)
    if model in names:
        return ""
    return f". Models that do better: {' or '.join(names)} (transcribe models pull {names[0]})"
