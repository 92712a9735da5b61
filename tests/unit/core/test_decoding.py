"""Types are read from any thread."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from transcribe.core.decoding import convert, decode
from transcribe.core.settings import SubtitleSettings
from transcribe.formats.example import example_episode
from transcribe.formats.known import FORMATS

AT_ONCE = """
import sys, threading
sys.setswitchinterval(1e-6)
from transcribe.formats.document import read_document
data, start = sys.stdin.buffer.read(), threading.Barrier(8)

def read():
    start.wait()
    read_document(data)

threads = [threading.Thread(target=read) for _ in range(8)]
for each in threads: each.start()
for each in threads: each.join()
"""


def test_threads_that_read_their_first_document_at_once_do_not_crash() -> None:
    data = FORMATS["json"].write(example_episode(), SubtitleSettings())
    for _ in range(3):  # without the lock four of five processes crash
        done = subprocess.run([sys.executable, "-c", AT_ONCE], check=False, input=data, timeout=60)
        assert done.returncode == 0


def test_what_is_something_else_is_refused() -> None:
    assert decode(b"[1, 2]", tuple[int, ...]) == (1, 2)
    assert convert({"a": 1}, dict[str, int]) == {"a": 1}
    with pytest.raises(msgspec.ValidationError):
        decode(b'["a"]', tuple[int, ...])
    with pytest.raises(msgspec.ValidationError):
        convert({"a": "b"}, dict[str, int])
