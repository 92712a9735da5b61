"""Text made from the Jinja templates in `templates/`, which users may copy and edit.

A template is looked for in the project's folder, the user's and the packaged one, in this order.
Templates run in Jinja's sandbox: they can format what they are given and reach nothing else. Whoever
wrote them, other than us, may also have made a mistake, so that they run in `limits`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import traceback
from collections.abc import Callable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcribe.core.config import user_file
from transcribe.core.errors import UsageError
from transcribe.core.places import shipped
from transcribe.core.reading import inside, real
from transcribe.core.text import one_line
from transcribe.core.timecode import format_duration, format_timecode
from transcribe.formats.sandbox import OUTPUT_CHARS, run_limited

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment
    from markupsafe import Markup

SUFFIX = ".j2"
FOLDER = "templates"

MAX_TEMPLATE_BYTES = 1024 * 1024
"""A template is written by hand; what is larger is something else given by mistake."""

_MARKDOWN = re.compile(
    r"""
      (?P<plain> \[ [^\W\d_] [^\W_]+ (?: [ ] [^\W_]+ )* \] (?! [(\[:] ) )  # [music]: no link, no footnote
    | (?P<number> ^ \d{1,9} (?= [.)] (?: \s | $ ) ) )                       # a list: 5. Mai
    | [`|\[\]]
    | \\ (?! [^\W_] | \s )                       # what is no letter after it would be escaped
    | \* (?! \s ) | (?<! \s ) \*                 # no emphasis in 2 * 3
    | (?<! [^\W_] ) _ | _ (?! [^\W_] )            # none in snake_case
    | (?<! \s ) ~ | ~ (?! [^\W_] )               # nothing struck out by ~5
    | (?<= \$ ) \$ | \$ (?= [^\d\s] ) | (?<= \S ) \$ (?! \d )  # no formula in $5 to $10
    | ^ [-+=:] (?! [^\W_] ) | ^ \# (?= \#* (?: \s | $ ) )
    | & (?= \#? \w+ ; ) | < (?= [\w/!?] | $ ) | ^ >
    """,
    re.VERBOSE,
)
"""What CommonMark, tables, strikethrough and formulas (Pandoc, GitHub) read as markup in one line."""

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NOT_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What YAML 1.2 (5.1, 5.4) holds only escaped, beside what JSON escapes."""

_CONTROL_IN_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNSAFE_IN_URL = re.compile(r"[\s<>()\"'`\\\[\]{}|^\x00-\x1f\x7f]")
_WEB = ("http://", "https://", "mailto:")


def template_folder() -> Path:
    """Where our own templates lie: in the wheel inside the package, in a checkout beside it."""
    return shipped(FOLDER)


def user_folders() -> dict[str, Path]:
    """Where people put their own, the strongest first: `project` (`templates/` in the current folder,
    beside its transcribe.toml) and `user` (beside their config file).

    The first may be a stranger's, and is not used where it is a link out of its folder.
    """
    folders = {"user": user_file().parent / FOLDER}
    with contextlib.suppress(ValueError):
        folders = {"project": inside(Path.cwd(), FOLDER), **folders}
    ours = real(template_folder())
    return {name: folder for name, folder in folders.items() if real(folder) != ours}


def template_names() -> list[str]:
    """The names of our own templates, sorted."""
    return sorted(path.name for path in template_folder().glob(f"*{SUFFIX}"))


def find_template(name: str) -> tuple[str, Path]:
    """Which template of that name is used: `project`, `user` or `packaged`, and its file.

    Raises:
        UsageError: There is none.
    """
    for origin, folder in {**user_folders(), "packaged": template_folder()}.items():
        path = folder / name
        if Path(name).name == name and path.is_file():
            return origin, path
    raise UsageError(f"there is no template {name!r}", f"Templates are {', '.join(template_names())}")


def render_template(name: str, /, **values: object) -> str:
    """Fill in the template of that name, the user's own before ours.

    Values are HTML-escaped where the template's name ends in `.html.j2`; the filters are those of
    `FILTERS`. Only our own templates run without limits.

    Raises:
        UsageError: There is no such template, or it is wrong; the message names file and line.
    """
    own = tuple(folder for folder in user_folders().values() if any(folder.glob(f"*{SUFFIX}")))
    if not own:
        return _filled((template_folder(),), name, values)
    return run_limited(_filled, ((*own, template_folder()), name, values), f"the template {name}")


def render_from(folders: Sequence[Path], name: str, /, **values: object) -> str:
    """Fill in the first template of that name in these folders; within limits, unless all are ours.

    Raises:
        UsageError: There is no such template, or it is wrong; the message names file and line.
    """
    ours = template_folder()
    if all(folder.is_relative_to(ours) for folder in folders):
        return _filled(tuple(folders), name, values)
    return run_limited(_filled, (tuple(folders), name, values), f"the template {name}")


def render_file(path: Path, /, **values: object) -> str:
    """Fill in the template in a file; it may include those that lie beside it, and named ones.

    Raises:
        UsageError: There is no such file, or it is wrong; the message names file and line.
    """
    if not path.is_file():
        raise UsageError(f"there is no template {path}", "List the named ones: transcribe templates list")
    path = real(path)  # what it includes has to lie where it lies itself
    folders = (path.absolute().parent, *user_folders().values(), template_folder())
    return run_limited(_filled, (folders, path.name, values), f"the template {path}")


def _filled(folders: tuple[Path, ...], name: str, values: dict[str, object]) -> str:
    import jinja2
    from jinja2.exceptions import SecurityError

    try:
        return _joined(_environment(folders).get_template(name), values)
    except jinja2.TemplateNotFound as error:
        raise _not_found(str(error.name), name, folders) from error
    except jinja2.TemplateSyntaxError as error:
        place = f"{error.filename or name}, line {error.lineno}"
        raise UsageError(f"the template {place} cannot be read: {error.message}") from error
    except SecurityError as error:
        hint = "Templates reach the values they are given and nothing else: docs/templates.md"
        raise UsageError(f"the template {_place(error, name)} failed: {error}", hint) from error
    except jinja2.UndefinedError as error:
        hint = "docs/templates.md lists what templates are given"
        raise UsageError(f"the template {_place(error, name)} failed: {error}", hint) from error
    except RecursionError as error:
        raise UsageError(f"the template {_place(error, name)} calls itself without end") from error
    except (
        jinja2.TemplateError,
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise UsageError(f"the template {_place(error, name)} failed: {error}") from error


def _joined(template: Any, values: dict[str, object]) -> str:
    """Its text piece by piece, so that an endless one is noticed."""
    pieces: list[str] = []
    chars = 0
    for piece in template.generate(values):
        chars += len(piece)
        if chars > OUTPUT_CHARS:
            raise UsageError(
                f"the template {template.filename or template.name} writes more than "
                f"{OUTPUT_CHARS // 1_000_000} million characters",
                "Look for a loop that does not end",
            )
        pieces.append(piece)
    return _CONTROL_IN_LINES.sub("", "".join(pieces))


def _not_found(missing: str, name: str, folders: tuple[Path, ...]) -> UsageError:
    inside = f" (wanted by {name})" if missing != name else ""
    if ".." in missing.replace("\\", "/").split("/"):
        return UsageError(
            f"the template {missing}{inside} is not in a folder of templates", "Name it without .."
        )
    looked = ", ".join(map(str, folders))
    return UsageError(
        f"the template {missing}{inside} is not in {looked}", "List them: transcribe templates list"
    )


def _place(error: Exception, name: str) -> str:
    """File and line of a template where an error arose; Jinja puts template lines into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [
        frame for frame in frames if frame.filename.endswith(SUFFIX) or Path(frame.filename).name == name
    ]
    return f"{lines[-1].filename}, line {lines[-1].lineno}" if lines else name


@functools.cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        loader=_loader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(enabled_extensions=("html", "html.j2"), default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(FILTERS)
    return environment


def _loader(folders: tuple[Path, ...]) -> BaseLoader:
    """Files of these folders, the first one that has the name; names cannot leave them."""
    import jinja2

    class Loader(jinja2.FileSystemLoader):
        def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
            for folder in folders:
                path = folder / template
                if ".." in template or not path.is_file():
                    continue
                if path.stat().st_size > MAX_TEMPLATE_BYTES:
                    raise UsageError(f"{path} is too large to be a template")
                _check_links(folder, template)
            try:
                return super().get_source(environment, template)
            except UnicodeDecodeError as error:
                raise UsageError(f"the template {template} is not UTF-8 text") from error

    return Loader(folders)


def _check_links(folder: Path, name: str) -> None:
    """Refuse a template that is a link out of its folder, unless that is the user's own."""
    if any(folder.is_relative_to(own) for own in (template_folder(), user_file().parent / FOLDER)):
        return
    try:
        inside(folder, name)
    except ValueError as error:
        raise UsageError(f"the template {folder / name} is not used: {error}") from None


def _timecode(ms: int) -> str:
    return format_timecode(ms).partition(".")[0]


def clock(ms: int) -> str:
    """`MM:SS`, from an hour on `H:MM:SS`: what video sites and podcast apps turn into links."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def web_url(url: str) -> str:
    """A web or mail address that can stand in an attribute or a Markdown link; empty for any other."""
    text = one_line(str(url))
    if not text.lower().startswith(_WEB):
        return ""
    return _UNSAFE_IN_URL.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def escape_markdown(text: str) -> str:
    """Text on one line that Markdown shows as it is: no markup, no HTML, no formula, no heading."""
    return _MARKDOWN.sub(_escaped_markdown, " ".join(text.split()))


def _escaped_markdown(found: re.Match[str]) -> str:
    mark = found[0]
    if found["plain"]:
        return mark
    return f"{mark}\\" if found["number"] else _ENTITIES.get(mark, f"\\{mark}")


def yaml(value: object) -> str:
    """A value for front matter: JSON with letters as they are, which is YAML too."""
    text = json.dumps(value, ensure_ascii=False)
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def no_angles(text: str) -> str:
    """The text on one line without `<` and `>`, which YouTube refuses in descriptions."""
    return one_line(str(text)).replace("<", "‹").replace(">", "›")


_BRACES = re.compile(r"\{(\w+)\}")


def put(sentence: str, element: str = "bdi", /, **values: str) -> Markup:
    """A sentence with its values put where their names stand in braces, each in an HTML element of its own.

    In `bdi`, a name in another script does not disturb the order of the words around it.
    """
    from markupsafe import Markup, escape

    pieces = _BRACES.split(str(sentence))  # text, name, text, name, ...
    names = (f"<{element}>{escape(values[name])}</{element}>" for name in pieces[1::2])
    texts = (str(escape(text)) for text in pieces[::2])
    return Markup("".join(piece for pair in zip_longest(texts, names, fillvalue="") for piece in pair))  # noqa: S704


FILTERS: dict[str, Callable[..., Any]] = {
    "md": escape_markdown,
    "line": lambda text: one_line(str(text)),
    "timecode": _timecode,
    "duration": format_duration,
    "clock": clock,
    "web_url": web_url,
    "no_angles": no_angles,
    "put": put,
    "yaml": yaml,
}
"""What templates may call beside Jinja's own filters; docs/templates.md describes them (tested)."""
