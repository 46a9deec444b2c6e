"""Real Content Credentials, signed with a certificate authority made for the run."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import dataclass
from pathlib import Path

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
OFFLINE = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}


@dataclass(frozen=True)
class Authority:
    """A certificate authority and one signer that it vouches for, all as PEM."""

    root: bytes
    chain: bytes
    key: bytes

    def write_root(self, folder: Path) -> Path:
        """The root as the file that a site's owner would configure."""
        path = folder / "trust-anchors.pem"
        path.write_bytes(self.root)
        return path


def make_authority(signer: str = "Camera Works Ltd") -> Authority:
    """A fresh root and a leaf that fulfils the certificate profile of C2PA."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    root_name = _name("Test Root")
    basic = x509.BasicConstraints
    root = (
        _certificate(root_name, root_name, root_key)
        .add_extension(basic(ca=True, path_length=1), critical=True)
        .add_extension(_key_usage(is_authority=True), critical=True)
        .add_extension(_subject_key(root_key), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(_name(signer), root_name, leaf_key)
        .add_extension(basic(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True
        )
        .add_extension(_subject_key(leaf_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return Authority(
        root=root.public_bytes(pem),
        chain=leaf.public_bytes(pem) + root.public_bytes(pem),
        key=leaf_key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def sign(
    image: bytes,
    authority: Authority,
    *,
    media_type: str = "image/jpeg",
    actions: list[dict[str, object]] | None = None,
    parent: bytes | None = None,
    program: str = "Test Program",
) -> bytes:
    """`image` with Content Credentials that state `actions`."""
    manifest = {
        "claim_generator_info": [{"name": program, "version": "1.0"}],
        "title": "picture",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions or [created()]}}
        ],
    }
    info = c2pa.C2paSignerInfo(b"es256", authority.chain, authority.key, None)
    signed = io.BytesIO()
    with (
        c2pa.Context.from_dict(OFFLINE) as context,
        c2pa.Builder(json.dumps(manifest), context=context) as builder,
        c2pa.Signer.from_info(info) as signer,
    ):
        if parent is not None:
            ingredient = {"title": "parent", "relationship": "parentOf", "label": "p"}
            builder.add_ingredient(ingredient, media_type, io.BytesIO(parent))
        builder.sign(signer, media_type, io.BytesIO(image), signed)
    return signed.getvalue()


def created(source_type: str = "trainedAlgorithmicMedia") -> dict[str, object]:
    """The action that states how the picture came into being."""
    return {
        "action": "c2pa.created",
        "digitalSourceType": f"{SOURCE_TYPE}{source_type}",
    }


def opened() -> dict[str, object]:
    """The action that names the parent which `sign` was given."""
    return {"action": "c2pa.opened", "parameters": {"ingredientIds": ["p"]}}


def _name(organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{organisation} Signer"),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
    )


def _subject_key(key: ec.EllipticCurvePrivateKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
