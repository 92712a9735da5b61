"""Signatures of manifests: Ed25519 in DSSE envelopes, which plain `openssl` verifies, too.

DSSE v1 (https://github.com/secure-systems-lab/dsse): what is signed is the kind, length and bytes of the
manifest. The envelope is canonical, its base64 too: whoever decodes it first accepts changed bits.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from transcribe.core.errors import DependencyError, InputError, OutputError
from transcribe.core.files import atomic_file
from transcribe.core.reading import read_bounded
from transcribe.core.settings import Settings
from transcribe.core.text import to_canonical_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
PUBLIC = ".pub"
MOST_BYTES = 10_000
"""A key in PEM has a few hundred."""


class Signer:
    """Signs with a key.

    Args:
        path: The private key in PEM (PKCS #8).

    Raises:
        InputError: It cannot be read, or is no Ed25519 key without a passphrase.
        DependencyError: The package that signs is missing.
    """

    def __init__(self, path: Path) -> None:
        self._key: Ed25519PrivateKey = _loaded(path, "private")
        self.key_id = key_id(self._key.public_key())

    def envelope(self, payload: bytes) -> bytes:
        """The signature of a manifest."""
        return _envelope(payload, self.key_id, self._key.sign(pre_authentication(payload)))


def signer_of(settings: Settings) -> Signer | None:
    """What signs manifests, where a key was chosen.

    Raises:
        InputError: It cannot be used.
        DependencyError: The package that signs is missing.
    """
    path = settings.output.sign_key
    return Signer(path) if path else None


def public_keys(paths: tuple[Path, ...]) -> dict[str, Ed25519PublicKey]:
    """Public keys in PEM, by their ids.

    Raises:
        InputError: One cannot be read, or is no Ed25519 key.
        DependencyError: The package that verifies is missing.
    """
    keys: list[Ed25519PublicKey] = [_loaded(path, "public") for path in paths]
    return {key_id(each): each for each in keys}


def fault_of(envelope: bytes | None, payload: bytes, keys: Mapping[str, Ed25519PublicKey]) -> str:
    """Why an envelope is not the signature of a manifest by one of the keys; empty: it is."""
    if envelope is None:
        return "is not signed"
    try:
        said = msgspec.json.decode(envelope)["signatures"][0]
        by, signature = said["keyid"], base64.b64decode(said["sig"], validate=True)
    except (msgspec.MsgspecError, LookupError, TypeError, ValueError):
        return "has a damaged signature"
    if envelope != _envelope(payload, by, signature):
        return "has a damaged signature"
    if by not in keys:
        return f"is signed by another key ({by[:16]}…)"
    from cryptography.exceptions import InvalidSignature

    try:
        keys[by].verify(signature, pre_authentication(payload))
    except InvalidSignature:
        return "has a wrong signature"
    return ""


def new_key(path: Path) -> tuple[Path, str]:
    """Make a key: the private one in a file that only its owner reads, the public one beside it.

    Returns:
        The file of the public key, and the id of the key.

    Raises:
        OutputError: A file is there already, or cannot be written.
        DependencyError: The package that signs is missing.
    """
    _check_package()
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = path.with_name(path.name + PUBLIC)
    for each in (path, public):
        if each.exists() or each.is_symlink():
            raise OutputError(f"{each} is there already", "Choose another name: a key is never replaced")
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    with atomic_file(path, private=True) as handle:
        handle.write(private)
    pem = key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)
    with atomic_file(public) as handle:
        handle.write(pem)
    return public, key_id(key.public_key())


def key_id(key: Ed25519PublicKey) -> str:
    """SHA-256 of a public key's 32 bytes, in hexadecimal."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def pre_authentication(payload: bytes) -> bytes:
    """What is signed (DSSE v1, "PAE")."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def _envelope(payload: bytes, by: str, signature: bytes) -> bytes:
    said = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": by, "sig": base64.b64encode(signature).decode()}],
    }
    return to_canonical_json(said) + b"\n"


def _loaded(path: Path, kind: str) -> Any:
    _check_package()
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

    content = read_bounded(path, MOST_BYTES, "a key")
    try:
        key = load_pem_public_key(content) if kind == "public" else load_pem_private_key(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey if kind == "public" else Ed25519PrivateKey):
        raise InputError(
            f"{path} is no {kind} key for signatures", "Name one that transcribe keys new has made"
        )
    return key


def _check_package() -> None:
    try:
        import cryptography  # noqa: F401 - looked for
    except ImportError as error:
        raise DependencyError(
            "the package cryptography is missing", "Run: pip install 'transcribe-offline[control]'"
        ) from error
