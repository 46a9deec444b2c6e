"""`train_model` that stands still in the midst of an epoch until it is told to go on.

    python -m tests.mltrain.stalling EPOCH REACHED GO_ON OPTIONS...

In epoch EPOCH (from 0) the second batch's pictures wait: the file REACHED is made, and
they are given out once the file GO_ON is there. The rest is the command as it is.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import django
from django.core.management import execute_from_command_line


def main() -> None:
    """Put the wait before the pipeline's own function, then run the command."""
    epoch, reached, go_on = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "detector_site.settings")
    django.setup()
    from mltrain import pipeline

    whole = pipeline.training_view
    calls = 0

    def training_view(*args: object) -> object:
        nonlocal calls
        seed = args[3]
        if isinstance(seed, Sequence) and seed[1] == epoch:
            calls += 1
            if calls > BATCH:
                reached.touch()
                while not go_on.exists():
                    time.sleep(0.02)
        return whole(*args)

    pipeline.training_view = training_view
    execute_from_command_line(["manage.py", "train_model", *sys.argv[4:]])


BATCH = 8

if __name__ == "__main__":
    main()
