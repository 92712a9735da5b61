from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from transcribe.core.errors import UsageError
from transcribe.jobs.find import Recording
from transcribe.jobs.shard import Shard, shard_of

SEASON = [Recording(Path(f"/anywhere/s{n % 3}/{n:03}.mp3"), PurePath(f"s{n % 3}")) for n in range(300)]


@pytest.mark.parametrize("count", [1, 2, 7, 299])
def test_every_recording_is_in_exactly_one_share(count: int) -> None:
    shards = [Shard(number, count) for number in range(1, count + 1)]
    assert all(sum(shard.has(each) for shard in shards) == 1 for each in SEASON)


def test_shares_are_of_like_size() -> None:
    sizes = [sum(map(Shard(number, 4).has, SEASON)) for number in range(1, 5)]
    assert min(sizes) > 50


def test_where_the_folder_lies_does_not_matter() -> None:
    elsewhere = [
        Recording(Path("/Volumes/x") / each.path.relative_to("/anywhere"), each.place) for each in SEASON
    ]
    shard = Shard(2, 5)
    assert [*map(shard.has, elsewhere)] == [*map(shard.has, SEASON)]


def test_a_name_that_is_no_text_has_a_share() -> None:
    recording = Recording(Path(b"/in/\xff\xc5\x81.mp3".decode("utf-8", "surrogateescape")))
    assert sum(Shard(number, 3).has(recording) for number in (1, 2, 3)) == 1


@pytest.mark.parametrize(
    ("environment", "asked", "expected"),
    [
        ({}, "3/8", Shard(3, 8)),
        ({"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "4"}, "auto", Shard(1, 4)),
        (
            {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_STEP": "2",
             "SLURM_ARRAY_TASK_COUNT": "5"},
            "auto",
            Shard(4, 5),
        ),
        ({"JOB_COMPLETION_INDEX": "5"}, "auto/6", Shard(6, 6)),
    ],
    ids=["told", "slurm", "slurm with steps", "kubernetes"],
)  # fmt: skip
def test_the_share_is_told_or_found(environment: dict[str, str], asked: str, expected: Shard) -> None:
    assert shard_of(asked, environment) == expected


def test_htcondor_describes_the_job_in_a_file(tmp_path: Path) -> None:
    described = tmp_path / ".job.ad"
    described.write_text('Cmd = "/bin/sh"\nProcId = 2\nTotalSubmitProcs = 9\nJobUniverse = 5\n')
    assert shard_of("auto", {"_CONDOR_JOB_AD": str(described)}) == Shard(3, 9)


@pytest.mark.parametrize(
    ("asked", "environment"),
    [
        ("0/3", {}),
        ("4/3", {}),
        ("3", {}),
        ("a/b", {}),
        ("1/0", {}),
        ("٣/٨", {}),
        ("1/1000000", {}),
        ("auto", {}),
        ("auto", {"JOB_COMPLETION_INDEX": "1"}),
        ("auto/2", {"JOB_COMPLETION_INDEX": "2"}),
        ("auto", {"SLURM_ARRAY_TASK_ID": "x"}),
        ("auto/3", {"SLURM_ARRAY_TASK_ID": "9"}),
    ],
)
def test_what_is_no_share_is_refused(asked: str, environment: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        shard_of(asked, environment)
