"""What happens here that other apps may want to count."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with the unsaved `prediction` once a picture is judged; not for stored answers.
picture_judged = Signal()

# Sent with the `batch` inside the transaction that finishes it, once for each batch.
batch_finished = Signal()

# Sent with the stored `prediction` and the one `before` it, inside its transaction,
# where a new model's verdict about a kept picture is another one.
verdict_flipped = Signal()
