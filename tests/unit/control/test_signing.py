"""Signatures: openssl agrees with them, and no bit of one can change."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from season import Season

from transcribe.cli.main import run
from transcribe.control.sign import unsigned
from transcribe.control.verify import verify
from transcribe.jobs.chain import signature_path
from transcribe.jobs.signing import fault_of, pre_authentication, public_keys

OUT = Path("out")
PLACE = OUT / ".transcribe"
KEY, PUBLIC = Path("sign.key"), Path("sign.key.pub")


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Season:
    pytest.importorskip("cryptography", reason="run: pip install 'transcribe-offline[control]'")
    monkeypatch.setenv("TRANSCRIBE_WORK_DIR", str(tmp_path / "work"))
    monkeypatch.chdir(tmp_path)
    assert run(["keys", "new", str(KEY)]) == 0
    made = Season(tmp_path)
    made.record("a.wav", "b.wav")
    made.run(sign_key=KEY)
    return made


def faults(*keys: Path) -> list[str]:
    return sorted(each.what for each in verify(OUT, "", keys).findings)


def test_a_key_is_private_and_is_never_replaced(season: Season, capsys: pytest.CaptureFixture[str]) -> None:
    assert KEY.stat().st_mode & 0o777 == 0o600
    before = KEY.read_bytes()
    assert run(["keys", "new", str(KEY)]) == 4
    assert "is there already" in capsys.readouterr().err
    assert KEY.read_bytes() == before


def test_every_manifest_is_signed_also_after_it_was_replaced(season: Season) -> None:
    season.record("b.wav", content="another take")
    season.run(sign_key=KEY)
    assert verify(OUT, "", (PUBLIC,)).good
    season.record("b.wav", content="a third take")
    season.run()
    assert faults(PUBLIC) == ["manifest 4, of b.wav, is not signed"]
    assert run(["keys", "new", "other"]) == 0
    assert len(faults(Path("other.pub"))) == 4
    assert "is signed by another key" in faults(Path("other.pub"))[0]
    assert run(["verify", "out", "--key", str(PUBLIC)]) == 12


def test_no_bit_of_a_signature_can_change(season: Season) -> None:
    payload, keys = (PLACE / "a.wav.json").read_bytes(), public_keys((PUBLIC,))
    path = signature_path(PLACE, payload)
    envelope = path.read_bytes()
    assert fault_of(envelope, payload, keys) == ""
    for place in range(len(envelope)):
        for bit in range(8):
            changed = bytearray(envelope)
            changed[place] ^= 1 << bit
            assert fault_of(bytes(changed), payload, keys), (place, bit)
    path.write_bytes(envelope + b" ")
    assert faults(PUBLIC) == ["manifest 1, of a.wav, has a damaged signature"]
    path.unlink()
    assert faults(PUBLIC) == ["manifest 1, of a.wav, is not signed"]


def test_openssl_agrees(season: Season) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("install openssl")
    payload = (PLACE / "a.wav.json").read_bytes()
    said = json.loads(signature_path(PLACE, payload).read_bytes())
    assert base64.b64decode(said["payload"]) == payload
    Path("signed").write_bytes(pre_authentication(payload))
    Path("signature").write_bytes(base64.b64decode(said["signatures"][0]["sig"]))
    command = [
        "openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", str(PUBLIC), "-in", "signed",
        "-sigfile", "signature",
    ]  # fmt: skip
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    Path("signed").write_bytes(pre_authentication(payload + b" "))
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0


def test_what_is_no_key_is_refused_at_once(season: Season, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (PUBLIC, Path("in/a.wav"), Path("missing")):
        assert run(["in/a.wav", "--sign-key", str(path), "-o", "elsewhere"]) == 3
        assert str(path) in capsys.readouterr().err
    assert run(["verify", "out", "--key", str(KEY)]) == 3
    assert "is no public key" in capsys.readouterr().err
    assert not Path("elsewhere").exists()


def test_what_was_written_before_there_was_a_key_is_told_and_can_be_signed(
    season: Season, capsys: pytest.CaptureFixture[str]
) -> None:
    season.run(output="late")
    season.record("a.wav", content="another take")
    season.run(output="late")
    assert run(["purge", "late/b.wav", "--hold", "--as", "Jan"]) == 0
    late = Path("late")
    assert unsigned(late) == 4
    assert not verify(late, "", (PUBLIC,)).good
    changed = late / "b.txt"
    before = changed.read_bytes()
    changed.write_bytes(b"mine")
    assert run(["keys", "sign", "late", "--sign-key", str(KEY)]) == 12
    assert "nothing is signed" in capsys.readouterr().err
    assert unsigned(late) == 4
    changed.write_bytes(before)
    assert run(["keys", "sign", "late", "--sign-key", str(KEY)]) == 0
    assert capsys.readouterr().out == "4 manifests signed\n"
    assert verify(late, "", (PUBLIC,)).good
    assert run(["keys", "sign", "nowhere", "--sign-key", str(KEY)]) == 3
