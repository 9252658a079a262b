"""Case numbers: ``<fund>-<year>-<serial>-<check digit>``; the digit (ISO 7064, mod 11,10) catches what is misheard."""

from stdnum.iso7064 import mod_11_10


def case_number(fund: str, year: int, serial: int) -> str:
    """The number of a case.

    >>> case_number("DH", 2026, 1)
    'DH-2026-00001-8'
    """
    return f"{fund}-{year}-{serial:05d}-{mod_11_10.calc_check_digit(f'{year}{serial:05d}')}"


def is_case_no(text_given: str) -> bool:
    """Whether a case number is one that could have been given, so that a slip is caught before it is looked up."""
    parts = text_given.strip().upper().rsplit("-", 3)
    return len(parts) == 4 and mod_11_10.is_valid(parts[1] + parts[2] + parts[3])
