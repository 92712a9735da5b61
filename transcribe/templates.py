"""Text made from the Jinja templates in `templates/`, which users may copy and edit.

Templates run in Jinja's sandbox: they can format what they are given and reach nothing else.
"""

from __future__ import annotations

import functools
import re
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transcribe.errors import TranscribeError
from transcribe.timecode import format_duration, format_timecode

if TYPE_CHECKING:
    from jinja2 import Environment

_MARKDOWN_ANYWHERE = re.compile(r"[\\`*_\[\]|~$]")
_MARKDOWN_AT_START = re.compile(r"^(\s*)([-+#=:]|\d+(?=[.)]))")


def template_folder() -> Path:
    """Where the templates lie: in the wheel inside the package, in a checkout beside it."""
    packaged = Path(__file__).with_name("_templates")
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "templates"


def render_template(name: str, /, **values: object) -> str:
    """Fill in the template of that name.

    Templates may use the filters `md` (text as literal Markdown), `timecode` (ms as `HH:MM:SS`) and
    `duration` (ms as `1:02:03`). Values are HTML-escaped where the template's name ends in `.html.j2`.

    Raises:
        TranscribeError: There is no such template, or it is wrong; the message names file and line.
    """
    return render_from((template_folder(),), name, **values)


def render_from(folders: Sequence[Path], name: str, /, **values: object) -> str:
    """What `render_template` does, with the first template of that name in these folders.

    Raises:
        TranscribeError: There is no such template, or it is wrong; the message names file and line.
    """
    import jinja2

    try:
        return _environment(tuple(folders)).get_template(name).render(values)
    except jinja2.TemplateNotFound as error:
        raise TranscribeError(
            f"the template {error.name} is not in {folders[-1]}", "Install transcribe again"
        ) from error
    except jinja2.TemplateSyntaxError as error:
        place = f"{error.filename or name}, line {error.lineno}"
        raise TranscribeError(f"the template {place} cannot be read: {error.message}") from error
    except (jinja2.TemplateRuntimeError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise TranscribeError(f"the template {_place(error, name)} failed: {error}") from error


def _place(error: Exception, name: str) -> str:
    """File and line of a template where an error arose; Jinja puts template lines into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame for frame in frames if frame.filename.endswith(".j2")]
    return f"{lines[-1].filename}, line {lines[-1].lineno}" if lines else name


@functools.cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(enabled_extensions=("html", "html.j2"), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(md=escape_markdown, timecode=_timecode, duration=format_duration)
    return environment


def _timecode(ms: int) -> str:
    return format_timecode(ms).partition(".")[0]


def escape_markdown(text: str) -> str:
    """Text on one line that Markdown shows as it is: no markup, no HTML, no formula, no heading."""
    text = " ".join(text.split())
    text = _MARKDOWN_ANYWHERE.sub(r"\\\g<0>", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN_AT_START.sub(_escaped_start, text)


def _escaped_start(match: re.Match[str]) -> str:
    blank, mark = match.groups()
    return f"{blank}{mark}\\" if mark.isdigit() else f"{blank}\\{mark}"
