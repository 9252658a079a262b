"""What a statement says of itself as a whole: opening and closing balance, totals; the lines must add up to it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from activities.books.statement.cells import amount_of, plain
from activities.workbook.cells import Cell
from rulebook.books.statements import StatementLine
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan

_SUM_OF = r"(总额|总金额|合计金额|金额合计|发生额合计|发生总额|总发生额)"
_LABELS = {
    "opening_fen": re.compile(r"(账户|帐户|本期)?(期初|上期|上日|昨日|起始|月初|年初)(账户|账面)?(余额|结余)?"),
    "carried_fen": re.compile(r"承前页?(余额)?|上页余额|承上页"),
    "closing_fen": re.compile(r"(账户|帐户)?(期末|本期|月末|年末|截止|终止)(账户|账面)?(余额|结余)"),
    "out_fen": re.compile(rf"(借方|支出|付款|转出|借方发生){_SUM_OF}|(总|汇总)(支出|借方|付款|转出)(金额|发生额)"),
    "in_fen": re.compile(rf"(贷方|收入|收款|转入|贷方发生){_SUM_OF}|(总|汇总)(收入|贷方|收款|转入)(金额|发生额)"),
}
"""What the words for it are; a balance carried from page to page is an opening one above the first line only."""


class Stated(NamedTuple):
    """What the statement says; None for what it does not say. All in fen."""

    opening_fen: int | None = None
    closing_fen: int | None = None
    out_fen: int | None = None
    in_fen: int | None = None

    def with_(self, later: "Stated") -> "Stated":
        """Of several pages the first opening balance and the last of everything else."""
        opening = later.opening_fen if self.opening_fen is None else self.opening_fen
        rest = (new if new is not None else old for old, new in zip(self[1:], later[1:], strict=True))
        return Stated(opening, *rest)

    def contradictions(self, lines: Sequence[StatementLine]) -> list[XuqiaoError]:
        """What does not add up.

        Args:
            lines: all that could be read, in order of time.
        """
        moved = sum(line.amount_fen for line in lines)
        out = -sum(line.amount_fen for line in lines if line.amount_fen < 0)
        balances = [line.balance_fen for line in lines]
        last = balances[-1] if balances else None
        found = []
        if self.opening_fen is not None and self.closing_fen is not None:
            found.append(_unequal("closing", self.opening_fen + moved, self.closing_fen))
        elif self.closing_fen is not None and last is not None:
            found.append(_unequal("closing", last, self.closing_fen))
        if self.out_fen is not None and self.in_fen is not None:
            found.append(_unequal("out", out, self.out_fen))
            found.append(_unequal("in", moved + out, self.in_fen))
        return [each for each in found if each]


def _unequal(what: str, added_fen: int, stated_fen: int) -> XuqiaoError | None:
    if added_fen == stated_fen:
        return None
    added, stated = format_yuan(added_fen, grouped=True), format_yuan(stated_fen, grouped=True)
    return XuqiaoError("statement.sum_differs", sum=what, added=added, stated=stated)


def stated_in(rows: Sequence[Sequence[str]], *, above: bool, balance: int | None = None) -> Stated:
    """What some rows say, each as label and amount in one cell or in two beside each other.

    Args:
        rows: texts of the rows above the lines, or of one row among or below them.
        above: whether no line stands above them.
        balance: what stands in the column of balances of that one row, in fen.
    """
    found: dict[str, int] = {}
    for row in rows:
        texts = [plain(text) for text in row if text]
        for text, after in zip(texts, [*texts[1:], ""], strict=False):
            label, _, behind = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", text).partition(":")
            for name, pattern in _LABELS.items():
                if pattern.fullmatch(label.replace(" ", "")) and name not in found:
                    amount = _amount(behind) if behind.strip() else _amount(after)
                    amount = balance if amount is None and name not in ("out_fen", "in_fen") else amount
                    if amount is not None:
                        found[name] = amount
    carried = found.pop("carried_fen", None)
    if carried is not None and above:
        found.setdefault("opening_fen", carried)
    return Stated(**found)


def _amount(text: str) -> int | None:
    try:
        return amount_of(Cell(text, "s")).fen
    except XuqiaoError:
        return None
