"""What a statement says of itself as a whole: opening and closing balance, totals; the lines must add up to it."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from activities.books.statement.cells import amount_of, plain
from activities.workbook.cells import Cell
from rulebook.books.statements import StatementLine
from rulebook.errors import XuqiaoError
from rulebook.money import FEN_PER_YUAN, format_yuan

_SUM_OF = r"(?:总额|总金额|合计金额|金额合计|发生额合计|发生总额|总发生额|合计)"
_LABELS = {
    "opening_fen": r"(?:账户|帐户|本期)?(?:期初|上期|起始)(?:账户|账面)?(?:余额|结余|金额)?",
    "carried_fen": r"承前页?(?:余额)?|上页余额|承上页",
    "closing_fen": r"(?:账户|帐户)?(?:期末|截止|终止)(?:账户|账面)?(?:余额|结余|金额)",
    "out_fen": rf"(?:借方|支出|付款|转出)(?:发生)?{_SUM_OF}|(?:总|汇总)(?:支出|借方|付款|转出)(?:金额|发生额)",
    "in_fen": rf"(?:贷方|收入|收款|转入)(?:发生)?{_SUM_OF}|(?:总|汇总)(?:收入|贷方|收款|转入)(?:金额|发生额)",
    "lines": r"总笔数|合计笔数|交易总笔数",
}
"""What the words for it are; a balance carried from page to page is an opening one above the first line only."""
_ALONE = {name: re.compile(label) for name, label in _LABELS.items()}
_WITH_FIGURE = {
    name: re.compile(
        rf"(?<![\u3400-\u9fff])(?:{label})(?:\([^()]*\))?\s*[:：]?\s*([¥￥]?[-+]?[0-9][0-9,]*(?:\.[0-9]+)?)"
    )
    for name, label in _LABELS.items()
}
_OF_A_PAGE = re.compile(r"本页|本日|本月|每页")


class Stated(NamedTuple):
    """What the statement says; None for what it does not say. Amounts in fen."""

    opening_fen: int | None = None
    closing_fen: int | None = None
    out_fen: int | None = None
    in_fen: int | None = None
    lines: int | None = None

    def with_(self, later: "Stated") -> "Stated":
        """Of several pages the first opening balance and the last of everything else."""
        opening = later.opening_fen if self.opening_fen is None else self.opening_fen
        rest = (new if new is not None else old for old, new in zip(self[1:], later[1:], strict=True))
        return Stated(opening, *rest)

    def contradictions(self, lines: Sequence[StatementLine], rows: int) -> list[XuqiaoError]:
        """What does not add up.

        Args:
            lines: all that could be read, in order of time.
            rows: how many rows are lines, or should be.
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
        if self.out_fen is not None:
            found.append(_unequal("out", out, abs(self.out_fen)))
        if self.in_fen is not None:
            found.append(_unequal("in", moved + out, self.in_fen))
        if self.lines is not None and self.lines != rows:
            found.append(XuqiaoError("statement.count_differs", read=rows, stated=self.lines))
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
        if texts and _OF_A_PAGE.match(texts[0]):
            continue
        for text, after in zip(texts, [*texts[1:], ""], strict=False):
            for name, figure in _figures(text, after, balance):
                found.setdefault(name, figure)
    carried = found.pop("carried_fen", None)
    if carried is not None and above:
        found.setdefault("opening_fen", carried)
    if "lines" in found:
        found["lines"] //= FEN_PER_YUAN
    return Stated(**found)


def _figures(text: str, after: str, balance: int | None) -> Iterator[tuple[str, int]]:
    """What one cell says, with the figure behind the words, in the next cell, or in the column of balances."""
    bare = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|[:\s]", "", text)
    for name, alone in _ALONE.items():
        inside = _WITH_FIGURE[name].search(text)
        if inside and (figure := _amount(inside[1])) is not None:
            yield name, figure
        elif alone.fullmatch(bare):
            figure = _amount(after)
            figure = balance if figure is None and name in ("opening_fen", "carried_fen", "closing_fen") else figure
            if figure is not None:
                yield name, figure


def labels_with_figures(above: Sequence[str], below: Sequence[str]) -> list[list[str]]:
    """Two rows, one of labels and one of the figures under them, as rows of label and figure."""
    return [[label, figure] for label, figure in zip(above, below, strict=False) if label and figure]


def _amount(text: str) -> int | None:
    try:
        return amount_of(Cell(text, "s")).fen
    except XuqiaoError:
        return None
