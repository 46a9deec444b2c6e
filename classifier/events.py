"""What happens here that other apps may want to count."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with `detection` after the network judged a picture; not for stored answers.
picture_judged = Signal()
