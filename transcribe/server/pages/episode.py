"""The page of a finished job: heard, corrected, approved, downloaded. Its requests: `server/api`."""

from __future__ import annotations

import asyncio

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from transcribe.formats.known import FORMATS
from transcribe.formats.labels import LABELS, SAID_BY_SCRIPT, direction_of, texts_in
from transcribe.formats.labels import WORDS as PLAYER_WORDS
from transcribe.formats.page import SCRIPTS, script_json
from transcribe.server.api.finished import finished, sheet_of
from transcribe.server.api.views import view_of
from transcribe.server.language import language_of
from transcribe.server.pages.assets import MODULES
from transcribe.server.pages.library import FIRST
from transcribe.server.pages.page import page

TEXTS = "server/episode.toml"


async def shown(request: Request) -> Response:
    """GET /episodes/{id}: the page of a job that is done."""
    service, submission = finished(request)
    sheet = await sheet_of(service, submission)
    episode = sheet.opened.episode
    language = language_of(request)
    texts, player = texts_in(TEXTS, language), texts_in(PLAYER_WORDS, language)
    spoken = episode.transcript.language
    notes = episode.notes
    say = dict(texts) | {name: player[name] for name in SAID_BY_SCRIPT}
    view = view_of(service, service.job(submission.name), submission)
    data = {
        "id": submission.name,
        "me": str(request.state.client) if service.apart else "",
        "named": not service.apart,
        "notes": any(FORMATS[name].from_notes for name in view.formats),
        "say": say,
    }
    return await asyncio.to_thread(
        page,
        request,
        "episode",
        id=submission.name,
        title=submission.title,
        duration_ms=submission.duration_ms or episode.duration_ms,
        spoken_language=spoken.code if spoken else "",
        spoken_direction=direction_of(spoken.code if spoken else ""),
        chapters=notes.chapters if notes else episode.chapters,
        summary=[each.text for each in notes.summary] if notes else [],
        notes_language=notes.language if notes else "",
        first=FIRST,
        formats=[FORMATS[name] for name in view.formats],
        kind=episode.source.container.partition(",")[0] or "?",
        texts=texts,
        player=dict(player) | {"chapters": texts_in(LABELS, language)["chapters"]},
        scripts=SCRIPTS[:-1],
        modules=("dialogs.js", *MODULES),
        data=Markup(script_json(data)),  # noqa: S704 - escaped for where it stands
    )
