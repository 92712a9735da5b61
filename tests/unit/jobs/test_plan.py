"""Where results go."""

from __future__ import annotations

from pathlib import Path

import pytest

from transcribe.core.errors import UsageError
from transcribe.core.settings import Settings
from transcribe.formats.known import PACK
from transcribe.jobs.plan import plan_jobs, plan_tracks


def test_a_review_may_stand_beside_the_formats_asked_for(tmp_path: Path) -> None:
    settings = Settings.of(output=str(tmp_path), formats=("srt",))
    (job,) = plan_jobs(["talk.mp3"], settings)
    assert [target.path for target in job.targets] == [tmp_path / "talk.srt", tmp_path / "talk.review.md"]


def test_standard_output_gets_no_review() -> None:
    (job,) = plan_jobs(["talk.mp3"], Settings.of(output="-"))
    assert job.targets == ()


def test_two_reviews_in_one_place_are_refused() -> None:
    with pytest.raises(UsageError):
        plan_jobs(["talk.mp3", "talk.ogg"], Settings())
    with pytest.raises(UsageError, match=r"what is made of talk\.mp3"):
        plan_jobs(["talk.mp3", "talk.review.md"], Settings())


def test_the_pack_stands_beside_the_formats_chosen(tmp_path: Path) -> None:
    (job,) = plan_jobs(["talk.mp3"], Settings.of(output=str(tmp_path), formats=("tsv", "vtt"), publish=True))
    names = [target.format for target in job.targets]
    assert names[0] == "tsv"
    assert set(PACK) < set(names)
    assert names.count("vtt") == 1
    copy, clips = job.sound
    assert [target.path for target in copy] == [tmp_path / "talk.chapters.mp3"]
    assert clips[0].path == tmp_path / "talk.soundbite-1.mp3"


def test_without_the_pack_no_sound_is_written() -> None:
    (job,) = plan_jobs(["talk.mp3"], Settings.of(notes=True))
    assert job.sound == ()


def test_the_pack_does_not_fit_into_standard_output() -> None:
    with pytest.raises(UsageError, match="standard output takes one format"):
        plan_jobs(["talk.mp3"], Settings.of(output="-", publish=True))


@pytest.mark.parametrize("other", ["talk.chapters.mp3", "talk.soundbite-2.mp3"])
def test_no_recording_is_overwritten_by_a_copy_or_clip_of_another(other: str) -> None:
    for sources in (["talk.mp3", other], [other, "talk.mp3"]):
        with pytest.raises(UsageError, match=r"would (both write|be overwritten by what)"):
            plan_jobs(sources, Settings.of(publish=True, force=True))


def test_a_template_makes_one_more_file(tmp_path: Path) -> None:
    template = tmp_path / "blog.html.j2"
    template.write_text("{{ title }}")
    (job,) = plan_jobs(["talk.mp3"], Settings.of(template=template, formats=("txt",), output=str(tmp_path)))
    assert [(target.format, target.path.name) for target in job.targets] == [
        ("txt", "talk.txt"),
        ("template", "talk.blog.html"),
        ("review", "talk.review.md"),
    ]


def test_a_wrong_template_is_refused_before_any_work(tmp_path: Path) -> None:
    template = tmp_path / "mine.j2"
    template.write_text("\n{{ notes.summary }}")
    plan_jobs(["talk.mp3"], Settings.of(template=template, notes=True))
    with pytest.raises(UsageError, match=r"mine\.j2, line 2 failed"):
        plan_jobs(["talk.mp3"], Settings.of(template=template))


def test_tracks_become_one_job(tmp_path: Path) -> None:
    (job,) = plan_tracks(["a/host.wav", "b/guest.wav"], Path("a/ep 1. host"), Settings.of(formats=("srt",)))
    assert job.name == "ep 1. host"
    assert [target.path for target in job.targets] == [
        Path("a/ep 1. host.srt"),
        Path("a/ep 1. host.review.md"),
    ]
    assert (job.mix, job.sound) == (None, ())
    (mixed,) = plan_tracks(
        ["host.wav"], Path("ep"), Settings.of(mix=True, publish=True, output=str(tmp_path))
    )
    assert mixed.mix is not None
    assert mixed.mix.path == tmp_path / "ep.mix.m4a"
    assert mixed.sound[0][0].path == tmp_path / "ep.chapters.m4a"


def test_no_track_is_overwritten_by_the_mix() -> None:
    with pytest.raises(UsageError, match=r"ep\.mix\.m4a would be overwritten"):
        plan_tracks(["ep.mix.m4a", "guest.wav"], Path("ep"), Settings.of(mix=True, force=True))
