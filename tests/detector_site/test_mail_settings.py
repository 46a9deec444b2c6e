"""Whether addresses are confirmed, by what the environment says of mail."""

from __future__ import annotations

import pytest

from tests.detector_site.processes import run_python

ASK = (
    "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'detector_site.settings';"
    "from django.conf import settings as s;"
    "print(s.ACCOUNT_EMAIL_VERIFICATION, s.ACCOUNT_EMAIL_NOTIFICATIONS,"
    " s.MFA_ALLOW_UNVERIFIED_EMAIL)"
)


@pytest.mark.parametrize(
    ("mail", "chosen", "told"),
    [
        ("smtp://localhost", "", "mandatory True False"),
        ("console://", "", "none False True"),
        ("smtp://localhost", "none", "none True True"),
    ],
)
def test_addresses_are_confirmed_where_mail_leaves_the_machine(
    mail: str, chosen: str, told: str
) -> None:
    answer = run_python("-c", ASK, EMAIL_URL=mail, EMAIL_VERIFICATION=chosen)

    assert answer.stdout.strip() == told, answer.stderr
