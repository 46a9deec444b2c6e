"""`manage.py verify_receipt`: is this receipt genuine?"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.inference.bundle import sha256_of
from classifier.receipts import public_keys, verify_receipt
from classifier.signing import Keys, ReceiptInvalid, keys_from_set


class Command(BaseCommand):
    """Reads no database and no network; exit code 1 for anything but a genuine one."""

    help = (
        "Checks the signature of a receipt, by default with the keys of this site, and "
        "compares the picture if you have it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("receipt", type=Path, metavar="FILE")
        parser.add_argument(
            "--keys",
            type=Path,
            metavar="FILE",
            help="The key set of another site, as downloaded from its /receipts/keys.",
        )
        parser.add_argument(
            "--picture", type=Path, metavar="FILE", help="The picture to compare."
        )

    def handle(self, **options: Any) -> None:
        """Run the command."""
        keys = _keys(options["keys"])
        try:
            content = verify_receipt(_read(options["receipt"]), keys)
        except ReceiptInvalid as error:
            raise CommandError(str(error)) from error
        self._compare(content, options["picture"])
        corrected = content["correction"]
        verdict = corrected["verdict"] if corrected else content["verdict"]
        self.stdout.write(
            f"Genuine: {verdict}{' (corrected after review)' if corrected else ''}, "
            f"AI probability {content['ai_probability']:.1%}",
            self.style.SUCCESS,
        )
        model = content["model"]
        self.stdout.write(f"Picture  {content['image']['sha256']}")
        self.stdout.write(f"Model    {model['name']} {model['version']}")
        self.stdout.write(f"Judged   {content['judged_at']}")
        self.stdout.write(f"Key      {content['key_id']}")

    def _compare(self, content: dict[str, Any], picture: Path | None) -> None:
        if picture is None:
            return
        try:
            digest = sha256_of(picture)
        except OSError as error:
            raise CommandError(
                f"{picture} cannot be read: {error.strerror}."
            ) from error
        if digest != content["image"]["sha256"]:
            raise CommandError(
                f"The receipt is genuine, but {picture} is not the file that was "
                "judged: its SHA-256 is another. Look for the unchanged file."
            )
        self.stdout.write("The picture is the one that was judged.")


def _keys(path: Path | None) -> Keys:
    if path is None:
        keys = public_keys()
        if not keys:
            raise CommandError(
                "This site has no keys. Set RECEIPT_SIGNING_KEY, or give the key set "
                "of the issuing site with --keys."
            )
        return keys
    try:
        return keys_from_set(_read(path))
    except ValueError as error:
        raise CommandError(
            f"{path} is not a key set. Download it from /receipts/keys of the site "
            "that issued the receipt."
        ) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
