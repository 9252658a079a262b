"""How much a paper of ours can hold at the most; beyond it a file is refused, before it costs more."""

from rulebook.errors import XuqiaoError

BOUNDS = {
    "bytes": 8_000_000,
    "bytes_unpacked": 48_000_000,
    "bytes_of_content": 3_000_000,
    "pages": 200,
    "revisions": 33,
    "signatures": 32,
    "objects": 40_000,
    "operators": 120_000,
    "numbers": 400_000,
    "glyphs": 100_000,
    "runs_of_a_page": 5_000,
    "forms_drawn": 64,
    "amounts": 400,
    "digits": 18,
    "depth": 32,
    "processor_seconds": 6,
    "seconds": 8,
    "megabytes": 360,
}
"""By name. The largest of our papers has 5 pages, 7,500 operators, 8,400 signs, 580 objects and 160 kB; each
signature adds 40 kB. The last three are of the process that reads; what lies below them is told sooner, and by its
cause."""


def too_much(what: str, found: object = None) -> XuqiaoError:
    """The refusal of a file that is beyond a bound.

    Args:
        what: the bound, a key of ``BOUNDS``.
        found: how much was there, or in it so far; None where nobody counted to the end.
    """
    return XuqiaoError("paper_check.too_much", what=what, found=found if found is not None else "…", most=BOUNDS[what])


def within(what: str, found: int) -> int:
    """The same number, when it is within a bound.

    Raises:
        XuqiaoError: ``paper_check.too_much``.
    """
    if found > BOUNDS[what]:
        raise too_much(what, found)
    return found
