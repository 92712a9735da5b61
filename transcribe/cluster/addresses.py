"""Addresses of a cluster: `tls://` alone, each named, none that stands for all of a machine."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass

from transcribe.cluster.certificates import Identity, asking
from transcribe.core.errors import NetworkError, UsageError

PORT = 8786
"""The scheduler's, where none is named; Dask's own."""

SCHEME = "tls://"
ANSWER_S = 10.0

_PARTS = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<host>[^:/\[\]@?#\s]+))(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True)
class Address:
    """Where something listens.

    Attributes:
        host: An address, or, of another machine, its name.
        port: 0: any.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"{SCHEME}{self.bracketed}:{self.port}"

    @property
    def bracketed(self) -> str:
        """The host as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host


def scheduler_address(text: str) -> Address:
    """The address of a scheduler, such as `tls://10.0.0.1:8786`.

    Raises:
        UsageError: It is none, or not encrypted.
    """
    if not text.startswith(SCHEME):
        plain = "is not encrypted" if "://" in text else "is no address of a scheduler"
        raise UsageError(f"{text} {plain}", "Name it as tls://ADDRESS:PORT")
    return _parsed(text, PORT)


def listening_address(text: str, port: int) -> Address:
    """An address of this machine, such as `tls://10.0.0.1:8786` or `10.0.0.1`.

    Args:
        port: Where none is named.

    Raises:
        UsageError: It is none, is not encrypted, or stands for every address of the machine.
    """
    if "://" in text and not text.startswith(SCHEME):
        raise UsageError(f"{text} is not encrypted", "Name it as tls://ADDRESS:PORT")
    found = _parsed(text, port)
    try:
        number = ipaddress.ip_address(found.host)
    except ValueError:
        raise UsageError(
            f"{found.host} is no address of this machine", "Name one in numbers, such as 10.0.0.1"
        ) from None
    if number.is_unspecified or number.is_multicast:
        raise UsageError(
            f"{found.host} stands for more than one address", "Name the one that the other machines use"
        )
    return found


def _parsed(text: str, port: int) -> Address:
    found = _PARTS.fullmatch(text.removeprefix(SCHEME).rstrip("/"))
    number = int(found["port"] or port) if found else -1
    if found is None or not 0 <= number <= 65_535:
        raise UsageError(f"{text!r} is no address", "Name it as tls://ADDRESS:PORT")
    return Address(found["six"] or found["host"], number)


def _family(address: Address) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address.host else socket.AF_INET


def bound(address: Address) -> socket.socket:
    """A socket that has an address, and listens once it is served.

    Raises:
        UsageError: It cannot be had.
    """
    try:
        return socket.create_server((address.host, address.port), family=_family(address))
    except OSError as error:
        raise UsageError(
            f"{address} cannot be listened on: {error.strerror}", "Name another address or port"
        ) from error


def reach(address: Address, identity: Identity) -> None:
    """Shake hands with a scheduler, each side with its certificate.

    Raises:
        NetworkError: Nobody answers there, or one of the certificates is not taken; the message says which.
    """
    try:
        with (
            socket.create_connection((address.host, address.port), ANSWER_S) as plain,
            asking(identity).wrap_socket(plain) as secure,
        ):
            secure.settimeout(ANSWER_S)
            if secure.recv(1):  # Dask's greeting; with TLS 1.3, a refusal of our certificate comes here
                return
            raise NetworkError(f"{address} hangs up", "See whether a transcribe cluster scheduler runs there")
    except ssl.SSLCertVerificationError as error:
        raise NetworkError(
            f"the certificate of {address} is not taken: {error.verify_message}",
            "Both machines need folders of one transcribe cluster init, and clocks that are right",
        ) from error
    except ssl.SSLError as error:
        raise NetworkError(
            f"{address} does not take the certificate of {identity.name}, or does not speak TLS "
            f"({error.reason or error})",
            "Both machines need folders of one transcribe cluster init, and clocks that are right",
        ) from error
    except OSError as error:
        raise NetworkError(
            f"no scheduler answers at {address}: {error.strerror or error}",
            "Start transcribe cluster scheduler there, or look at the address and the firewall",
        ) from error
