"""Addresses: encrypted, each named."""

from __future__ import annotations

import pytest

from transcribe.cluster.addresses import Address, bound, listening_address, scheduler_address
from transcribe.core.errors import UsageError


def test_of_a_scheduler() -> None:
    assert scheduler_address("tls://10.0.0.1") == Address("10.0.0.1", 8786)
    assert scheduler_address("tls://studio:99/") == Address("studio", 99)
    assert str(scheduler_address("tls://[fd00::1]:7")) == "tls://[fd00::1]:7"


@pytest.mark.parametrize(
    "text", ["tcp://10.0.0.1:8786", "10.0.0.1", "ws://a", "tls://", "tls://a:99999", "tls://u@a", "tls://a b"]
)
def test_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        scheduler_address(text)


def test_of_this_machine() -> None:
    assert listening_address("10.0.0.1", 0) == Address("10.0.0.1", 0)
    assert listening_address("tls://10.0.0.1:5", 0) == Address("10.0.0.1", 5)
    assert listening_address("[fd00::1]", 3) == Address("fd00::1", 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.0.0.0", "more than one address"),  # noqa: S104 - refused
        ("tls://0.0.0.0:8786", "more than one address"),
        ("[::]:1", "more than one address"),
        ("224.0.0.1", "more than one address"),
        ("tcp://10.0.0.1:1", "not encrypted"),
        ("studio", "no address of this machine"),
        (":8786", "no address"),
    ],
)
def test_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        listening_address(text, 0)


def test_taken() -> None:
    with bound(Address("127.0.0.1", 0)) as listening:
        taken = Address("127.0.0.1", listening.getsockname()[1])
        with pytest.raises(UsageError, match="cannot be listened on"):
            bound(taken)
    with pytest.raises(UsageError, match="cannot be listened on"):
        bound(Address("192.0.2.1", 0))
