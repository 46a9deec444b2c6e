"""Signed JSON: Ed25519 (RFC 8032) over canonical JSON (RFC 8785). No Django.

The key set is that of RFC 7517 and 8037, a key's id its thumbprint by RFC 7638.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

KEY_BYTES = 32
Keys = Mapping[str, Ed25519PublicKey]


class ReceiptInvalid(Exception):  # noqa: N818 - an outcome of the input, not a fault
    """The document is no receipt of these keys; `str(error)` says what to do."""

    def __init__(
        self, code: Literal["malformed", "unknown_key", "bad_signature"], detail: str
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def sign(content: Mapping[str, Any], seed: bytes) -> dict[str, Any]:
    """`content` with `key_id` and `signature`; `seed` is the 32 bytes of the key."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    signed = {**content, "key_id": key_id(private.public_key())}
    return {**signed, "signature": to_base64url(private.sign(rfc8785.dumps(signed)))}


def verify(text: str, keys: Keys) -> dict[str, Any]:
    """What was signed, without the signature.

    Raises `ReceiptInvalid`: `malformed` for anything but a JSON object with both
    fields, `unknown_key` when `keys` lacks the signer, else `bad_signature`.
    """
    signed = _parse(text)
    signature, signer = signed.pop("signature"), signed["key_id"]
    if signer not in keys:
        raise ReceiptInvalid(
            "unknown_key",
            f"The receipt names the key {signer[:60]!r}, which is none of the keys "
            "given. Check it on the site that issued it.",
        )
    try:
        keys[signer].verify(from_base64url(signature), rfc8785.dumps(signed))
    except (InvalidSignature, ValueError, rfc8785.CanonicalizationError) as error:
        raise ReceiptInvalid(
            "bad_signature",
            "The signature does not fit the content: something was changed after it "
            "was signed. Ask for the receipt as it was downloaded.",
        ) from error
    return signed


def public_of(seed: bytes) -> bytes:
    """The 32 bytes of the public key."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def keys_by_id(raw: Iterable[bytes]) -> dict[str, Ed25519PublicKey]:
    """Public keys of 32 bytes, by their id."""
    keys = (Ed25519PublicKey.from_public_bytes(each) for each in raw)
    return {key_id(key): key for key in keys}


def key_id(key: Ed25519PublicKey) -> str:
    """The thumbprint: base64url of the sha256 of the canonical members."""
    return to_base64url(hashlib.sha256(rfc8785.dumps(_members(key))).digest())


def key_set(keys: Keys) -> dict[str, Any]:
    """The keys as a JSON Web Key Set."""
    return {
        "keys": [
            {**_members(key), "kid": identifier, "alg": "EdDSA", "use": "sig"}
            for identifier, key in keys.items()
        ]
    }


def keys_from_set(text: str) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys of a JSON Web Key Set; raises `ValueError` for anything else."""
    try:
        members = json.loads(text)["keys"]
        return keys_by_id(
            from_base64url(each["x"])
            for each in members
            if (each.get("kty"), each.get("crv")) == ("OKP", "Ed25519")
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a JSON Web Key Set") from error


def to_base64url(data: bytes) -> str:
    """Without padding, as in RFC 7515."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """The bytes; raises `ValueError` for anything that is no base64url."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), "-_", validate=True)
    except (binascii.Error, TypeError) as error:
        raise ValueError("not base64url") from error


def _members(key: Ed25519PublicKey) -> dict[str, str]:
    return {"crv": "Ed25519", "kty": "OKP", "x": to_base64url(key.public_bytes_raw())}


def _parse(text: str) -> dict[str, Any]:
    try:
        parsed = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        raise _malformed() from error
    if not isinstance(parsed, dict) or not all(
        isinstance(parsed.get(name), str) for name in ("key_id", "signature")
    ):
        raise _malformed()
    return parsed


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name that stands twice one reader sees the first, another the last."""
    parsed = dict(pairs)
    if len(parsed) != len(pairs):
        raise ValueError("a name stands twice")
    return parsed


def _malformed() -> ReceiptInvalid:
    return ReceiptInvalid(
        "malformed",
        "This is not a receipt: it is a JSON object with key_id and signature. "
        "Paste the whole text of the file, unchanged.",
    )
