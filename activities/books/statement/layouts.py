"""Banks' layouts of statements: what each calls its columns. One file for each bank and edition, in ``layouts/``."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

from rulebook.values import Value

GENERIC = "generic"
"""The layout for banks that have none of their own: the usual headings."""


class Field(StrEnum):
    """What a column of a statement holds."""

    DAY = "day"
    DEBIT = "debit"
    CREDIT = "credit"
    AMOUNT = "amount"
    MARK = "mark"
    BALANCE = "balance"
    REFERENCE = "reference"
    OTHER_NAME = "other_name"
    OTHER_ACCOUNT = "other_account"
    OTHER_BOTH = "other_both"
    PAYER_NAME = "payer_name"
    PAYER_ACCOUNT = "payer_account"
    PAYEE_NAME = "payee_name"
    PAYEE_ACCOUNT = "payee_account"
    SUMMARY = "summary"
    OWN_ACCOUNT = "own_account"
    CURRENCY = "currency"
    STATUS = "status"


SEVERAL = frozenset({Field.SUMMARY, Field.OWN_ACCOUNT})
"""What may stand in several columns, all of which are read."""

MONEY = frozenset({Field.DEBIT, Field.CREDIT, Field.AMOUNT, Field.MARK, Field.BALANCE})
"""What no two columns may say; of others the first that is filled counts."""


class Layout(Value):
    """How one bank writes its statements.

    Attributes:
        code: name of its file.
        bank, edition: of which bank, and from where in its system.
        source: where this layout was seen.
        columns: headings by field, as ``columns.heading_name`` makes them plain; the first that is there counts.
        passed_over: headings that are known and of no use here.
        is_verified: whether anybody published what this bank writes; else it is what other banks of its kind write.
        marks: what this bank alone writes for money in (1) and out (-1).
    """

    code: str
    bank: str
    edition: str
    source: str
    columns: Mapping[Field, tuple[str, ...]]
    passed_over: tuple[str, ...] = ()
    marks: Mapping[str, int] = {}
    is_verified: bool = True

    @property
    def known(self) -> frozenset[str]:
        """All headings that the layout knows."""
        return frozenset((*self.passed_over, *(name for names in self.columns.values() for name in names)))


@cache
def layouts() -> Mapping[str, Layout]:
    """All layouts by code."""
    found = {}
    for path in sorted((Path(__file__).parent / "layouts").glob("*.toml")):
        written = tomllib.loads(path.read_text(encoding="utf-8"))
        columns = written.pop("columns")
        passed_over = columns.pop("passed_over", ())
        found[path.stem] = Layout.model_validate(
            {"code": path.stem, **written, "columns": columns, "passed_over": passed_over}
        )
    return found
