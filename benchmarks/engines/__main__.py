"""Run with `python -m benchmarks.engines`.

Nothing is imported at the top: each process of an engine imports this module again,
and its memory is measured.
"""

from __future__ import annotations

if __name__ == "__main__":
    from benchmarks.engines.command import main

    main()
