"""The circuit breaker: too much of the fund is overdue, and no more money leaves until some of it is back."""

from rulebook.money import format_yuan
from rulebook.values import Value

MILLION = 1_000_000
CIRCUIT_BREAKER = "circuit_breaker"
"""The reason that payments and queue places give while it is open."""


class Breaker(Value):
    """How much of a fund is overdue, against the share at which its measure stops all business.

    Attributes:
        overdue_fen: principal that is out past its due day, or pursued.
        total_fen: the fund's own money, in the bank or out.
        limit_ppm: the measure's share in millionths; None where it has no such rule.
    """

    overdue_fen: int
    total_fen: int
    limit_ppm: int | None

    @property
    def is_open(self) -> bool:
        """Whether business stands still: more than the share is overdue; just the share is not more.

        Source: 黔江区2016年的办法 (all business stops when more than 40 % of the fund is overdue).

        >>> Breaker(overdue_fen=40, total_fen=100, limit_ppm=400_000).is_open
        False
        >>> Breaker(overdue_fen=41, total_fen=100, limit_ppm=400_000).is_open
        True
        >>> Breaker(overdue_fen=100, total_fen=100, limit_ppm=None).is_open
        False
        """
        return self.limit_ppm is not None and self.overdue_fen * MILLION > self.limit_ppm * self.total_fen

    @property
    def share_ppm(self) -> int:
        """What is overdue, as a share of the fund in millionths, rounded down; nothing of an empty fund."""
        return self.overdue_fen * MILLION // self.total_fen if self.total_fen > 0 else 0

    def detail(self) -> dict[str, str]:
        """For the event of a case that it stopped: the reason and the figures of that moment."""
        return {"reason": CIRCUIT_BREAKER, **self.figures()}

    def figures(self) -> dict[str, str]:
        """What is overdue and what the fund has, in yuan, and both shares in percent.

        >>> Breaker(overdue_fen=900_000_00, total_fen=2_000_000_00, limit_ppm=400_000).figures()
        {'overdue': '900,000.00', 'fund_total': '2,000,000.00', 'share': '45%', 'limit': '40%'}
        """
        return {
            "overdue": format_yuan(self.overdue_fen, grouped=True),
            "fund_total": format_yuan(self.total_fen, grouped=True),
            "share": percent(self.share_ppm),
            "limit": "" if self.limit_ppm is None else percent(self.limit_ppm),
        }


def percent(ppm: int) -> str:
    """Millionths as percent, with the decimals it needs.

    >>> percent(400_000), percent(333_333), percent(0)
    ('40%', '33.3333%', '0%')
    """
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + "%"
