"""Certificates: an authority of its own for one cluster, and one certificate for each machine of it.

`init` makes `DIR/ca.pem`, `DIR/ca-key.pem` and a folder for each machine, `DIR/NAME/`, with all that the
machine needs: `ca.pem`, `cert.pem`, `key.pem`. Who has such a folder belongs to the cluster.
"""

from __future__ import annotations

import re
import shutil
import ssl
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transcribe.cluster.packages import require_packages
from transcribe.core.disk import disk_errors
from transcribe.core.errors import OutputError, UsageError
from transcribe.core.files import atomic_file, private_folder, sweep, temporary_folder
from transcribe.core.reading import read_bounded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

CA, CA_KEY, CERTIFICATE, KEY = "ca.pem", "ca-key.pem", "cert.pem", "key.pem"

ALWAYS = ("scheduler", "submitter")
"""Machines, or parts that they play, that every cluster has."""

DAYS = 365
"""How long certificates are valid."""

MOST_BYTES = 100_000
"""A certificate or key in PEM has one or two thousand."""

AGAIN = "Copy the machine's folder again, whole"

CLOCKS = timedelta(hours=1)
"""How far the clocks of machines may differ when a certificate is new."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?")


@dataclass(frozen=True)
class Identity:
    """Who a machine is, by the folder that was made for it.

    Attributes:
        name: In its certificate; what people are shown.
    """

    name: str
    ca: str
    certificate: str
    key: str


@dataclass(frozen=True)
class Made:
    """A folder for a machine.

    Attributes:
        new: Whether it was made by this call.
        until: When its certificate ends.
    """

    folder: Path
    new: bool
    until: datetime


def init(
    folder: Path, machines: Sequence[str], now: datetime | None = None, days: int = DAYS
) -> tuple[Made, ...]:
    """Make the authority, where there is none, and the folders of machines that have none yet.

    Nothing that is there is replaced.

    Args:
        now: The time; None: that of the clock.

    Raises:
        UsageError: A name that is none, or a folder that holds something else.
        OutputError: It cannot be written.
        DependencyError: A package is missing.
    """
    require_packages()
    now = now or datetime.now(UTC)
    names = list(dict.fromkeys((*ALWAYS, *machines)))
    for name in names:
        if not _NAME.fullmatch(name):
            hint = "Use up to 32 letters without accents, digits and hyphens"
            raise UsageError(f"{name!r} is no name for a machine", hint)
    if len({name.casefold() for name in names}) < len(names):
        raise UsageError("two machines have the same name", "Capital and small letters are the same here")
    with disk_errors(folder, "making", "Name a folder that can be made"):
        if folder.is_dir() and not (folder / CA).exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} holds something else", "Name a folder that is new or empty")
        private_folder(folder)
        sweep(folder, folders=True)
    if not (folder / CA).exists():
        key = _new_key()
        issued = _certificate("transcribe cluster", key, None, (now, days))
        _write(folder / CA_KEY, _pem_of(key))
        _write(folder / CA, _pem_of(issued))  # last: what there is without it is no authority
    anew = "Make all anew in another folder"
    authority = _read_certificate(folder / CA), _read_key(folder / CA_KEY, anew)
    return tuple(_machine(folder / name, authority, (now, days)) for name in names)


def _machine(
    folder: Path, authority: tuple[Certificate, EllipticCurvePrivateKey], valid: tuple[datetime, int]
) -> Made:
    if folder.exists():
        return Made(folder, False, _read_certificate(folder / CERTIFICATE).not_valid_after_utc)
    key = _new_key()
    issued = _certificate(folder.name, key, authority, valid)
    with disk_errors(folder, "writing"), temporary_folder(folder.parent) as place:
        _write(place / KEY, _pem_of(key))
        _write(place / CERTIFICATE, _pem_of(issued))
        shutil.copyfile(folder.parent / CA, place / CA)
        place.rename(folder)
    return Made(folder, True, issued.not_valid_after_utc)


def _certificate(
    name: str,
    key: EllipticCurvePrivateKey,
    authority: tuple[Certificate, EllipticCurvePrivateKey] | None,
    valid: tuple[datetime, int],
) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID

    now, days = valid
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    until = now + timedelta(days=days)
    issuer, signing = subject, key
    if authority:
        issuer, signing = authority[0].subject, authority[1]
        until = min(until, authority[0].not_valid_after_utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCKS)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=not authority, path_length=None if authority else 0), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False)
        .add_extension(_usage(authority=not authority), True)
    )
    if authority:
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(both), False)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
    return builder.sign(signing, SHA256())


def _usage(*, authority: bool) -> Any:
    from cryptography.x509 import KeyUsage

    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    return KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
        **dict.fromkeys(others, False),
    )


def identity_of(folder: Path, now: datetime | None = None) -> Identity:
    """Who this machine is.

    Args:
        now: The time; None: that of the clock.

    Raises:
        UsageError: The folder is none that `init` made for a machine, others can read its key, or its
            certificate is not valid, or not yet.
        DependencyError: A package is missing.
    """
    require_packages()
    now = now or datetime.now(UTC)
    places = [folder / each for each in (CA, CERTIFICATE, KEY)]
    missing = [each.name for each in places if not each.is_file()]
    if missing:
        machines = ", ".join(sorted(each.parent.name for each in folder.glob(f"*/{CERTIFICATE}"))[:4])
        hint = f"Name the folder of one machine in it ({machines})" if machines else ""
        raise UsageError(
            f"{folder} is no folder of a machine: {', '.join(missing)} is not there",
            hint or "Make them with transcribe cluster init, and copy this machine's folder to it",
        )
    if stat.S_IMODE(places[2].stat().st_mode) & 0o077:
        raise UsageError(f"{places[2]} can be read by others", f"Run: chmod 600 {places[2]}")
    authority, own = map(_read_certificate, places[:2])
    for what, each in (("authority's certificate", authority), ("certificate", own)):
        _check_dates(f"the {what} of {folder}", each, now)
    _check_issued(folder, authority, own)
    if _read_key(places[2], AGAIN).public_key() != own.public_key():
        raise UsageError(f"{places[2]} is not the key of {places[1]}", AGAIN)
    return Identity(_name_in(own), *map(str, places))


def _check_dates(what: str, certificate: Certificate, now: datetime) -> None:
    if now < certificate.not_valid_before_utc:
        raise UsageError(
            f"{what} is not valid before {_day(certificate.not_valid_before_utc)}; it is {_day(now)} here",
            "Set this machine's clock",
        )
    if now > certificate.not_valid_after_utc:
        raise UsageError(
            f"{what} was valid until {_day(certificate.not_valid_after_utc)}; it is {_day(now)} here",
            "Make new ones in another folder with transcribe cluster init, or set this machine's clock",
        )


def _check_issued(folder: Path, authority: Certificate, own: Certificate) -> None:
    from cryptography.exceptions import InvalidSignature

    try:
        own.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise UsageError(
            f"{folder / CERTIFICATE} was not issued by {folder / CA}",
            AGAIN,
        ) from error


def _day(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _name_in(certificate: Certificate) -> str:
    from cryptography.x509 import NameOID

    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def asking(identity: Identity) -> ssl.SSLContext:
    """TLS for whoever connects: the other side must have a certificate of our authority, as we have.

    Names in certificates are those of machines, not of hosts, so that an address may change.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    return _ours(context, identity)


def answering(identity: Identity) -> ssl.SSLContext:
    """TLS for whoever listens; likewise."""
    return _ours(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), identity)


def _ours(context: ssl.SSLContext, identity: Identity) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(identity.ca)
    context.load_cert_chain(identity.certificate, identity.key)
    return context


def _new_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _pem_of(thing: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization as form

    if hasattr(thing, "private_bytes"):
        return bytes(thing.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
    return bytes(thing.public_bytes(form.Encoding.PEM))


def _write(path: Path, content: bytes) -> None:
    if path.exists() or path.is_symlink():
        raise OutputError(f"{path} is there already", "Nothing is replaced: move it away first")
    with atomic_file(path, private=True) as handle:
        handle.write(content)


def _read_certificate(path: Path) -> Certificate:
    from cryptography.x509 import load_pem_x509_certificate

    try:
        return load_pem_x509_certificate(read_bounded(path, MOST_BYTES, "a certificate"))
    except ValueError as error:
        raise UsageError(f"{path} is no certificate", AGAIN) from error


def _read_key(path: Path, hint: str) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(read_bounded(path, MOST_BYTES, "a key"), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, EllipticCurvePrivateKey):
        raise UsageError(f"{path} is no key", hint)
    return key
