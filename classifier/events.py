"""What happens here that other apps may want to count."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with the unsaved `prediction` once a picture is judged; not for stored answers.
picture_judged = Signal()
