"""How long a benchmark runs: fully, in short, or just long enough to see that it still runs."""

import sys
from typing import TypeVar

T = TypeVar("T")


def of_length(full: T, *, quick: T, smoke: T) -> T:
    """The one of three that the command line asks for.

    Args:
        full: without an option; the figures that count.
        quick: with ``--quick``.
        smoke: with ``--smoke``; no figure is taken from it.
    """
    return {"--quick": quick, "--smoke": smoke}.get((sys.argv[1:] or [""])[0], full)
