"""Money: whole fen inside, decimal strings in yuan outside, never a float."""

from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import NewType

from rulebook.errors import XuqiaoError

Fen = NewType("Fen", int)
FEN_PER_YUAN = 100
YUAN_PER_WAN = 10_000
MOST_FEN = 10**15
"""No amount of a case is larger: ten trillion yuan, and well within what the books can hold."""

_EXACT = Context(prec=61, Emax=60, Emin=-60, traps=[InvalidOperation, Overflow, Inexact])
"""Room for every digit before the point of what it takes at all: what it cannot hold exactly has too many behind it."""


def yuan(amount: str | int | Decimal) -> Fen:
    """An amount in yuan as whole fen.

    Args:
        amount: yuan, with at most two decimals; a float is refused by type.
    Returns:
        fen.
    Raises:
        XuqiaoError: ``money.not_a_number`` (also for more than sixty digits), ``money.too_many_decimals``; nothing is
            ever rounded away, however many places a number has.

    >>> yuan("1409.50")
    140950
    """
    try:
        fen = _EXACT.multiply(Decimal(amount), FEN_PER_YUAN)
    except (InvalidOperation, Overflow):
        raise XuqiaoError("money.not_a_number", value=amount) from None
    except Inexact:
        raise XuqiaoError("money.too_many_decimals", value=amount) from None
    if not fen.is_finite():
        raise XuqiaoError("money.not_a_number", value=amount)
    if fen != fen.to_integral_value():
        raise XuqiaoError("money.too_many_decimals", value=amount)
    return Fen(int(fen))


def format_yuan(fen: int, *, grouped: bool = False) -> str:
    """Fen as a decimal string in yuan with two places.

    >>> format_yuan(-100005), format_yuan(1200000000, grouped=True)
    ('-1000.05', '12,000,000.00')
    """
    sign = "-" if fen < 0 else ""
    whole, cents = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{whole:,}.{cents:02d}" if grouped else f"{sign}{whole}.{cents:02d}"
