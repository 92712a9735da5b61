"""Where settings come from, and what is said about mistakes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from transcribe.core.config import LIMITS, Resolved, load, profile_names, user_file
from transcribe.core.errors import UsageError
from transcribe.core.settings import Settings
from transcribe.core.speaker_count import SpeakerCount
from transcribe.core.toml_file import TomlFile


class Places:
    """A user's config file and a project folder, with nothing from the machine that runs the tests."""

    def __init__(self, root: Path) -> None:
        self.user = root / "user.toml"
        self.folder = root / "folder"
        self.folder.mkdir()
        self.project = self.folder / "transcribe.toml"

    def load(
        self,
        flags: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        profile: str | None = None,
        config_file: Path | None = None,
    ) -> Resolved:
        places = {"TRANSCRIBE_CONFIG": str(self.user)} if self.user.exists() else {"HOME": "/nowhere"}
        return load(flags or {}, config_file, profile, {**places, **(environ or {})}, self.folder)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "none")
    return Places(tmp_path)


def origin(resolved: Resolved, name: str) -> str:
    return next(str(each.origin) for each in resolved.values if each.option.name == name)


def test_without_anything_every_option_has_its_default(places: Places) -> None:
    resolved = places.load()
    assert {str(each.origin) for each in resolved.values} == {"default"}
    assert (resolved.files, resolved.profile, resolved.warnings) == ((), "", ())


def test_each_layer_wins_over_the_one_before(places: Places) -> None:
    places.user.write_text(
        'language = "pl"\nprompt = "user"\nbeam_size = 2\nmax_lines = 2\nmin_cue_ms = 200\n'
    )
    places.project.write_text(
        'prompt = "project"\nbeam_size = 3\nmax_lines = 3\nmin_cue_ms = 300\nprofile = "p"\n'
        "[profiles.p]\nbeam_size = 4\nmax_lines = 4\nmin_cue_ms = 400\n"
    )
    environ = {"TRANSCRIBE_MAX_LINES": "1", "TRANSCRIBE_MIN_CUE_MS": "500"}
    resolved = places.load({"min_cue_ms": 600}, environ)
    settings = resolved.settings
    assert (settings.recognise.language, settings.recognise.prompt) == ("pl", "project")
    assert settings.recognise.beam_size == 4
    assert (settings.subtitles.max_lines, settings.subtitles.min_cue_ms) == (1, 600)
    assert origin(resolved, "language") == f"{places.user}, line 1"
    assert origin(resolved, "prompt") == f"{places.project}, line 1"
    assert origin(resolved, "beam_size") == f"{places.project}, line 7 (profile p)"
    assert origin(resolved, "max_lines") == "TRANSCRIBE_MAX_LINES"
    assert origin(resolved, "min_cue_ms") == "--min-cue-ms"
    assert resolved.files == (places.user, places.project)
    assert (resolved.refused, resolved.warnings) == ((), ())


def test_a_named_file_replaces_both_others(places: Places, tmp_path: Path) -> None:
    places.user.write_text('language = "pl"\n')
    places.project.write_text('language = "de"\n')
    named = tmp_path / "named.toml"
    named.write_text("beam_size = 2\n")
    settings = places.load(config_file=named).settings
    assert (settings.recognise.language, settings.recognise.beam_size) == ("auto", 2)


def test_a_profile_builds_on_others_also_across_files(places: Places) -> None:
    places.user.write_text('[profiles.studio]\nlanguage = "de"\nbeam_size = 2\nmax_lines = 3\n')
    places.project.write_text('[profiles.show]\nfrom = "studio"\nbeam_size = 4\n')
    resolved = places.load(profile="show")
    assert resolved.settings.recognise.language == "de"
    assert resolved.settings.recognise.beam_size == 4
    assert resolved.settings.subtitles.max_lines == 3
    assert resolved.profile == "show"


@pytest.mark.parametrize(
    ("profile", "environ", "expected"),
    [
        (None, {}, "de"),
        (None, {"TRANSCRIBE_PROFILE": "french"}, "fr"),
        ("polish", {"TRANSCRIBE_PROFILE": "french"}, "pl"),
        ("", {"TRANSCRIBE_PROFILE": "french"}, "auto"),
    ],
)
def test_who_chooses_the_profile(
    places: Places, profile: str | None, environ: dict[str, str], expected: str
) -> None:
    places.user.write_text(
        'profile = "german"\n[profiles.german]\nlanguage = "de"\n[profiles.french]\nlanguage = "fr"\n'
        '[profiles.polish]\nlanguage = "pl"\n'
    )
    assert places.load(profile=profile, environ=environ).settings.recognise.language == expected


BAD = [
    ('language = "pl"\nthreads = = 2\n', "line 2, column 11: this is not valid TOML", ""),
    ('language = "pl"\n\nlangauge = "pl"\n', "line 3: there is no option 'langauge'", "language?"),
    ("# first\nbeam_size = 99\n", "line 2: beam_size is at most 8, not 99", ""),
    ('formats = [\n  "txt",\n]\ntranslate = "perhaps"\n', "line 4: translate is true or false", ""),
    ('prompt = """\nbeam_size = 99\n"""\nbeam_size = 99\n', "line 4: beam_size", ""),
    ("[subtitles]\nmax_lines = 1\n", "line 1: there is no option 'subtitles'", ""),
    ("profile = 3\n", "line 1: profile is the name of a profile", ""),
    ("\n[profile.a]\nthreads = 1\n", "line 2: profile is the name of a profile", "[profiles.NAME]"),
    ("\n[profile]\nthreads = 1\n", "line 2: profile is the name of a profile", "[profiles.NAME]"),
    ("\n\n[[profiles]]\nthreads = 1\n", "line 3: profiles are tables", "[profiles.NAME]"),
    ("\nthreads = 1\n\nbeam_size = " + "9" * 5000 + "\n", "line 4: a number is too long", ""),
    ("\n[profiles.a]\nterms = [\n" + "9" * 5000 + "\n]\n", "line 3: a number is too long", ""),
    ("\nthreads = 1\nterms = " + "[" * 3000 + "\n", "line 3: it is nested too deeply", ""),
    ("from_ms = 'soon'\n", "line 1: from_ms is a time, but 'soon' is not", ""),
    ("speakers = true\n", "line 1: speakers True: not a number of speakers; say auto, 2, or 2-4", ""),
    ("speakers = [1]\n", "line 1: speakers [1]: not a number of speakers", ""),
    ("speakers = 2.5\n", "line 1: speakers 2.5: not a number of speakers", ""),
    ("speakers = 0\n", "line 1: speakers 0: there are 1 to 100 speakers", ""),
    ('vocabulary = ""\n', "line 1: vocabulary is the path of a file or folder, not ''", ""),
    ("vocabulary = 3\n", "line 1: vocabulary is a text, not 3", ""),
    ("profiles = 3\n", "line 1: profiles are tables", "[profiles.NAME]"),
    ("profiles.a = 3\n", "line 1: a profile is a table", "[profiles.a]"),
    ("[profiles.a]\nfrom = 3\n", "line 2: from is the name of another profile", ""),
    ("[profiles.a]\nthreads = -1\n", "line 2: threads is at least 0", ""),
    ('[profiles.a]\nthreads = 1\nfrom = "b"\n', "line 3: there is no profile 'b'", "There are: a"),
    (
        '[profiles.a]\nfrom = "b"\n[profiles.b]\nfrom = "a"\n',
        "line 4: profiles start from each other: a → b → a",
        "",
    ),
    ('[profiles.a]\nfrom = "a"\n', "line 2: profiles start from each other: a → a", ""),
]


@pytest.mark.parametrize(("text", "what", "hint"), BAD)
def test_a_mistake_is_named_with_its_line(places: Places, text: str, what: str, hint: str) -> None:
    places.project.write_text(text)
    with pytest.raises(UsageError) as caught:
        places.load(profile="a")
    assert caught.value.what.startswith(f"{places.project}, {what}")
    assert hint in caught.value.hint


def test_the_line_is_right_with_windows_line_ends_and_a_byte_order_mark(places: Places) -> None:
    places.project.write_bytes("\ufefflanguage = 'pl'\r\n\r\nwrong = 1\r\n".encode())
    with pytest.raises(UsageError, match="line 3: there is no option 'wrong'"):
        places.load()


def test_the_line_of_every_key() -> None:
    text = (
        'a = 1\n\n# note\nb = """\nc = 1\n"""\nd = [\n  1,\n]\n'
        '[profiles.x]\n"e" = 2\n[profiles."y z"]\nf.g = 3\n[profiles]\nw = { k = 1 }\n'
    )
    file = TomlFile(Path("x"), text, {})
    lines = {
        "a": 1,
        "b": 4,
        "d": 7,
        "profiles.x.e": 11,
        "profiles.y z.f": 13,
        "profiles.w.k": 15,
        "profiles.x": 10,
    }
    assert {keys: file.line_of(keys.split(".")) for keys in lines} == lines


def test_the_line_of_keys_in_lists_of_tables() -> None:
    file = TomlFile(Path("x"), "[[rules]]\na = 1\n[[rules]]\nb = 2\n[other]\n[[rules]]\nc = 3\n", {})
    wanted = {
        ("rules", 0, "a"): 2,
        ("rules", 1, "b"): 4,
        ("rules", 2, "c"): 7,
        ("rules", 1): 3,
        ("rules", 9): 1,
    }
    assert {keys: file.line_of(keys) for keys in wanted} == wanted


@pytest.mark.parametrize(
    "text",
    [
        "prompt = " + "[" * 100_00 + "]" * 100_00,
        "prompt" + ".a" * 10_000 + " = 1",
        "beam_size = " + "9" * 5_000,
        "beam_size = 0x" + "f" * 5_000,
        "speech_threshold = nan",
        "speech_threshold = 0x" + "f" * 5_000,
        "\n" * (LIMITS.lines + 1),
        "formats = [" + '"txt",' * 9_000 + "1]",
    ],
)
def test_values_that_are_too_deep_too_long_or_no_number(places: Places, text: str) -> None:
    places.project.write_text(text)
    with pytest.raises(UsageError) as caught:
        places.load()
    assert str(places.project) in caught.value.what
    assert len(caught.value.what) < 400


def test_a_pipe_in_the_place_of_the_file(places: Places) -> None:
    os.mkfifo(places.project)
    with pytest.raises(UsageError, match="not a plain file"):
        places.load()


def test_bytes_that_are_not_text(places: Places) -> None:
    places.project.write_bytes(b"threads = 1\nprompt = '\xff'\n")
    with pytest.raises(UsageError, match="line 2: this is not UTF-8"):
        places.load()


def test_an_endless_file(places: Places) -> None:
    places.project.write_bytes(b"#" * (LIMITS.bytes + 1))
    with pytest.raises(UsageError, match="too large"):
        places.load()


def test_a_named_file_that_cannot_be_read(places: Places, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        places.load(config_file=tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        places.load(environ={"TRANSCRIBE_CONFIG": str(tmp_path)})


def test_a_named_file_that_is_not_there(places: Places, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there") as flag:
        places.load(config_file=tmp_path / "missing.toml")
    assert flag.value.hint == "Name another one with --config"
    with pytest.raises(UsageError, match="is not there") as variable:
        places.load(environ={"TRANSCRIBE_CONFIG": str(tmp_path / "missing.toml")})
    assert variable.value.hint == "Name another one in TRANSCRIBE_CONFIG, or unset it"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission(places: Places) -> None:
    places.project.write_text("")
    places.project.chmod(0)
    with pytest.raises(UsageError, match="Permission denied"):
        places.load()


def test_unknown_profiles_are_guessed(places: Places) -> None:
    places.user.write_text("[profiles.interview]\n")
    with pytest.raises(UsageError) as caught:
        places.load(profile="intervew")
    assert caught.value.hint == "Did you mean interview?"


def test_paths_are_meant_from_the_file_they_stand_in(places: Places, tmp_path: Path) -> None:
    places.user.write_text('vocabulary = "names.txt"\nmodel = "weights/own.bin"\n')
    recognise = places.load().settings.recognise
    assert recognise.vocabulary == tmp_path / "names.txt"
    places.project.write_text('vocabulary = "show.txt"\nterms = ["Kalpana Chawla", "Łódź"]\n', "utf-8")
    of_show = places.load().settings.recognise
    assert of_show.vocabulary == places.folder / "show.txt"
    assert of_show.terms == ("Kalpana Chawla", "Łódź")
    places.project.unlink()
    assert recognise.model == str(tmp_path / "weights/own.bin")
    places.user.write_text('vocabulary = "~/names.txt"\nmodel = "base"\n')
    recognise = places.load().settings.recognise
    assert (recognise.vocabulary, recognise.model) == (Path.home() / "names.txt", "base")


@pytest.mark.parametrize("text", ["speakers = 2", 'speakers = "2"', "speakers = '2-2'"])
def test_a_number_of_speakers_may_be_a_number(places: Places, text: str) -> None:
    places.project.write_text(text)
    assert places.load().settings.speakers.speakers == SpeakerCount(2, 2)


@pytest.mark.parametrize(
    ("text", "level"),
    [("true", "auto"), ("false", "none"), ('"none"', "none"), ('"namespace"', "namespace")],
)
def test_what_stands_for_a_level_of_the_seal(places: Places, text: str, level: str) -> None:
    places.user.write_text(f"sealed = {text}\n")
    assert places.load().settings.seal.sealed == level
    assert places.load({"sealed": "seccomp"}).settings.seal.sealed == "seccomp"


def test_nobody_is_told_apart(places: Places) -> None:
    places.project.write_text("speakers = false")
    assert not places.load().settings.speakers.speakers


def test_a_tilde_before_no_users_name_belongs_to_the_name(places: Places, tmp_path: Path) -> None:
    places.user.write_text('vocabulary = "~nosuch/names.txt"\nmodel = "~nosuch/own.bin"\n')
    recognise = places.load().settings.recognise
    assert recognise.vocabulary == tmp_path / "~nosuch/names.txt"
    assert recognise.model == str(tmp_path / "~nosuch/own.bin")


def test_any_path_is_taken_from_a_script() -> None:
    class Named:
        def __fspath__(self) -> str:
            return "~/names.txt"

    assert Settings.of(vocabulary=Named()).recognise.vocabulary == Path.home() / "names.txt"
    with pytest.raises(ValueError, match="vocabulary is a text, not b'names"):
        Settings.of(vocabulary=b"names.txt")


def test_values_of_the_environment_and_of_flags_are_checked(places: Places) -> None:
    with pytest.raises(UsageError, match=r"^TRANSCRIBE_BEAM_SIZE is a whole number"):
        places.load(environ={"TRANSCRIBE_BEAM_SIZE": "many"})
    with pytest.raises(UsageError, match=r"^--beam-size is at most 8"):
        places.load({"beam_size": 9})
    assert places.load(environ={"TRANSCRIBE_BEAM_SIZE": ""}).settings == Settings()
    formats = places.load(environ={"TRANSCRIBE_FORMATS": "txt, srt"}).settings.output.formats
    assert formats == ("txt", "srt")


def test_misspelt_names_in_the_environment_are_mentioned(places: Places) -> None:
    environ = {"TRANSCRIBE_LANGAUGE": "pl", "TRANSCRIBE_MODELS_DIR": "x", "TRANSCRIBE_OTHER_TOOL": "y"}
    assert places.load(environ=environ).warnings == (
        "TRANSCRIBE_LANGAUGE in the environment has no effect. Did you mean TRANSCRIBE_LANGUAGE?",
    )


def test_the_users_file_is_read_once_when_it_lies_in_the_current_folder(places: Places) -> None:
    places.project.write_text('ffmpeg = "own"\n')
    resolved = places.load(environ={"TRANSCRIBE_CONFIG": str(places.project)})
    assert resolved.files == (places.project,)
    assert resolved.settings.compute.ffmpeg == "own"


def test_profile_names_of_both_files(places: Places) -> None:
    places.user.write_text("[profiles.b]\n")
    places.project.write_text("[profiles.a]\n")
    assert profile_names({"TRANSCRIBE_CONFIG": str(places.user)}, places.folder) == ["a", "b"]


def test_where_the_users_file_is() -> None:
    assert user_file({"TRANSCRIBE_CONFIG": "~/x.toml"}) == Path.home() / "x.toml"
    assert user_file({}).name == "transcribe.toml"
