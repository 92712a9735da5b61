"""Certificates: made once, private, valid for a while, and looked at before anything is done."""

from __future__ import annotations

import shutil
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from transcribe.cluster.certificates import answering, asking, identity_of, init
from transcribe.core.errors import UsageError

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_private_and_never_replaced(tmp_path: Path) -> None:
    place = tmp_path / "certs"
    made = init(place, ["studio-1"], now=NOW)
    assert [each.folder.name for each in made] == ["scheduler", "submitter", "studio-1"]
    assert all(each.new and each.until == NOW + timedelta(days=365) for each in made)
    keys = [*place.rglob("*key.pem")]
    assert len(keys) == 4
    assert {mode(each) for each in keys} == {0o600}
    assert {mode(each) for each in (place, *(each.folder for each in made))} == {0o700}
    before = {each: each.read_bytes() for each in place.rglob("*.pem")}
    again = init(place, ["studio-1", "studio-2"], now=NOW + timedelta(days=300))
    assert [each.new for each in again] == [False, False, False, True]
    assert again[-1].until == NOW + timedelta(days=365)  # not longer than its authority
    assert {each: each.read_bytes() for each in before} == before


def test_an_identity(tmp_path: Path) -> None:
    init(tmp_path / "certs", ["studio-1"])
    identity = identity_of(tmp_path / "certs" / "studio-1")
    assert identity.name == "studio-1"
    for context in (asking(identity), answering(identity)):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version is ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize(
    ("days", "message"),
    [(-1, "is not valid before 2026-11-28 11:00 UTC; it is 2026-11-27"), (366, "was valid until 2027-11-28")],
)
def test_a_wrong_clock(tmp_path: Path, days: int, message: str) -> None:
    init(tmp_path / "certs", [], now=NOW)
    with pytest.raises(UsageError, match=message) as caught:
        identity_of(tmp_path / "certs" / "submitter", now=NOW + timedelta(days=days))
    assert "clock" in caught.value.hint


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "-a", "ą", "x" * 40, "a\nb"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a machine"):
        init(tmp_path / "certs", [name])
    assert not (tmp_path / "certs").exists()


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    tmp_path.chmod(0o755)
    with pytest.raises(UsageError, match="holds something else"):
        init(tmp_path, [])
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    with pytest.raises(UsageError, match=r"is no folder of a machine: ca.pem, cert.pem, key.pem"):
        identity_of(tmp_path)
    init(tmp_path / "certs", [])
    with pytest.raises(UsageError, match="is no folder of a machine") as caught:
        identity_of(tmp_path / "certs")
    assert "(scheduler, submitter)" in caught.value.hint


def test_a_key_that_others_can_read(tmp_path: Path) -> None:
    init(tmp_path / "certs", [])
    key = tmp_path / "certs" / "submitter" / "key.pem"
    key.chmod(0o644)
    with pytest.raises(UsageError, match="can be read by others"):
        identity_of(key.parent)


def test_a_certificate_of_another_authority(tmp_path: Path) -> None:
    init(tmp_path / "certs", [])
    init(tmp_path / "other", [])
    shutil.copy(tmp_path / "other" / "ca.pem", tmp_path / "certs" / "submitter" / "ca.pem")
    with pytest.raises(UsageError, match="was not issued by"):
        identity_of(tmp_path / "certs" / "submitter")


def test_two_machines_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two machines have the same name"):
        init(tmp_path / "certs", ["studio", "Studio"])


def test_a_key_that_is_none_or_of_another_machine(tmp_path: Path) -> None:
    init(tmp_path / "certs", [])
    mine, other = (tmp_path / "certs" / each / "key.pem" for each in ("submitter", "scheduler"))
    shutil.copy(other, mine)
    with pytest.raises(UsageError, match=r"is not the key of .*cert\.pem"):
        identity_of(mine.parent)
    mine.write_text("nonsense")
    with pytest.raises(UsageError, match="is no key"):
        identity_of(mine.parent)


def test_what_is_no_certificate(tmp_path: Path) -> None:
    init(tmp_path / "certs", [])
    (tmp_path / "certs" / "submitter" / "cert.pem").write_text("nonsense")
    with pytest.raises(UsageError, match="is no certificate"):
        identity_of(tmp_path / "certs" / "submitter")
