"""What the fields of a request ask for: settings of the job, and the form of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transcribe.core.settings import OPTIONS
from transcribe.server.errors import Refused
from transcribe.server.intake.languages import CODES
from transcribe.server.intake.uploads import Form

ALIASES = (
    "whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize", "gpt-transcribe",
)  # fmt: skip
"""OpenAI's names of models, which stand for the one that is there."""

DIARIZED = "diarized_json"
ANSWERS = ("json", "text", "srt", "verbose_json", "vtt", DIARIZED)

GROUPS = ("normalise", "detect", "plan", "recognise", "tracks", "speakers", "subtitles", "notes", "show")
"""Groups of settings that a job may have of its own, as far as any stranger may set them."""

OWN = tuple(
    each.name
    for each in OPTIONS.values()
    if each.group in GROUPS and each.spec.trust == "any" and each.name not in ("engine", "compute_type")
)
"""Every option that a client may set."""


@dataclass(frozen=True)
class Asked:
    """What a client of the speech API asks for.

    Attributes:
        options: The settings that differ from the server's, by name.
        answer: One of `ANSWERS`.
        stream: Whether the text is sent as it is recognised.
        words: Whether `verbose_json` has words.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    answer: str = "json"
    stream: bool = False
    words: bool = False


def asked_of(form: Form, *, translate: bool) -> Asked:
    """Read the fields of the speech API; those that are not known are ignored.

    Raises:
        Refused: A value makes no sense.
    """
    answer = form.text("response_format").lower() or "json"
    if answer not in ANSWERS or (translate and answer == DIARIZED):
        raise Refused(
            400, f"response_format is one of {', '.join(ANSWERS)}", "invalid_value", param="response_format"
        )
    granularities = {each.strip().lower() for each in form.fields.get("timestamp_granularities", ())}
    if wrong := granularities - {"word", "segment", ""}:
        raise Refused(
            400,
            f"timestamp_granularities are word and segment, not {', '.join(sorted(wrong))}",
            "invalid_value",
            param="timestamp_granularities",
        )
    options: dict[str, Any] = {}
    if translate:
        options["translate"] = True
    elif language := language_of(form):
        options["language"] = language
    if prompt := form.text("prompt"):
        options["prompt"] = prompt
    terms = [each.strip() for each in form.fields.get("keywords", ()) if each.strip()]
    if terms:
        options["terms"] = terms
    if answer == DIARIZED:
        options["speakers"] = "auto"
    return Asked(options, answer, form.flag("stream"), "word" in granularities)


def language_of(form: Form) -> str:
    """The code of the language, or `auto`; empty where none is named. A region (`en-US`) is left out.

    Its English name will do, too: that is what the answers have.
    """
    named = [form.text("language"), *form.fields.get("languages", ())]
    code = next((each for each in named if each.strip()), "").strip().lower()
    return CODES.get(code) or code.replace("_", "-").partition("-")[0]


def options_of(form: Form) -> dict[str, Any]:
    """Read the fields of the jobs API: options by their config keys; empty ones are left as they are.

    Raises:
        Refused: There is no such option, or a client may not set it.
    """
    options: dict[str, Any] = {}
    for name, values in form.fields.items():
        known = OPTIONS.get("terms" if name == "keywords" else name)
        given = [each.strip() for each in values if each.strip()]
        if name == "model" or not given:
            continue
        if known is None or known.name not in OWN:
            raise Refused(400, f"there is no field {name!r}", "unknown_field", param=name)
        options[known.name] = given if known.many else given[-1]
    return options


def check_model(form: Form, served: str) -> None:
    """See that the model that is asked for is the one that is there; without a name it is.

    Raises:
        Refused: It is another one.
    """
    named = form.text("model")
    if named and named not in (served, *ALIASES):
        raise Refused(
            404,
            f"there is no model {named!r}; use {served} or whisper-1, which stands for it",
            "model_not_found",
            param="model",
        )
