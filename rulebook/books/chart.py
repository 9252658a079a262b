"""The chart of accounts (会计科目表): which code and name the operator's own books give each internal account.

Two charts ship, for operators under 企业会计准则 and under 政府会计制度. They only name: what may be written into the
books does not depend on them, and a report can be printed under either.
"""

import tomllib
from collections import Counter
from enum import StrEnum

from pydantic import Field, ValidationError

from rulebook.books.postings import FEES, POOL, SET_ASIDE, Subject
from rulebook.errors import XuqiaoError
from rulebook.values import Value, expected_of, place_of

PARTS = tuple(account.dimension for account in (POOL, FEES, SET_ASIDE))
OFF_BALANCE = frozenset({Subject.WRITTEN_OFF, Subject.WRITTEN_OFF_CLAIM})
"""Kept on record beside the balance (账销案存)."""

Class = tuple[Subject, str | None]
"""One line of a trial balance: a subject, the ring-fenced account by its part."""


class Basis(StrEnum):
    """Why an account stands where it stands in a chart."""

    DOCUMENT = "document"  # the national document books such things there
    PRACTICE = "practice"  # how such funds are kept
    PROPOSAL = "proposal"  # nobody says: the operator decides
    OPERATOR = "operator"  # the operator has decided


class ChartAccount(Value):
    """One account of a chart.

    Attributes:
        subject: the internal account.
        part: of the ring-fenced account; None for every other.
        code, name: of the detailed account.
        standard: code and name of the first-level account in the chart's document; None where it has none.
        basis: why here.
    """

    subject: Subject
    part: str | None = None
    code: str = Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.\-]*$", max_length=20)
    name: str = Field(min_length=1, max_length=60)
    standard: str | None = None
    basis: Basis

    @property
    def full_name(self) -> str:
        """The name as a voucher writes it, first-level account first.

        >>> ChartAccount(
        ...     subject="loss", code="5901.01", name="核销损失", standard="5901 其他费用", basis="proposal"
        ... ).full_name
        '其他费用—核销损失'
        """
        _, _, first = (self.standard or "").partition(" ")
        return f"{first}—{self.name}" if first and first != self.name else self.name


class Chart(Value):
    """A chart of accounts that has every internal account once.

    Attributes:
        id: ``enterprise`` or ``government``.
        title: name of the accounting rules.
        document, document_title: where the first-level accounts come from.
        account: all accounts, by code.
        own: name of the operator's file, where one was laid over it.
    """

    id: str
    title: str
    document: str
    document_title: str
    account: tuple[ChartAccount, ...]
    own: str | None = None

    def of(self, subject: Subject, dimension: str | None) -> ChartAccount:
        """The account that an internal account belongs to.

        Args:
            dimension: of the internal account; it matters for the ring-fenced account only.
        Raises:
            XuqiaoError: ``chart.no_part`` for a part that the ring-fenced account does not have.
        """
        part = dimension if subject is Subject.ESCROW_BANK else None
        for each in self.account:
            if (each.subject, each.part) == (subject, part):
                return each
        raise XuqiaoError("chart.no_part", part=part, known=", ".join(PARTS))

    def by_code(self, code: str) -> ChartAccount | None:
        """The account of a code, if there is one."""
        return next((each for each in self.account if each.code == code), None)


class _OwnAccount(Value):
    """What an operator's file says of one account."""

    subject: Subject
    part: str | None = None
    code: str
    name: str
    standard: str | None = None


class _OwnChart(Value):
    """An operator's file: only the accounts that differ."""

    account: tuple[_OwnAccount, ...]


def parse_chart(text: str, source: str) -> Chart:
    """A chart from its text.

    Args:
        source: name of the file, for the sentence that says what is wrong.
    Raises:
        XuqiaoError: ``chart.wrong``, ``chart.incomplete``, ``chart.code_twice``.
    """
    try:
        return _checked(Chart.model_validate(tomllib.loads(text)), source)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise _wrong(error, source) from None


def lay_over(chart: Chart, text: str, source: str) -> Chart:
    """A chart with the accounts of an operator's file in place of its own.

    Args:
        text: TOML with ``[[account]]`` entries: subject, part (of the ring-fenced account), code, name, standard.
        source: name of the file.
    Raises:
        XuqiaoError: as ``parse_chart``.
    """
    try:
        own = _OwnChart.model_validate(tomllib.loads(text))
        decided = {
            (each.subject, each.part): ChartAccount(**each.model_dump(), basis=Basis.OPERATOR) for each in own.account
        }
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise _wrong(error, source) from None
    kept = tuple(each for each in chart.account if (each.subject, each.part) not in decided)
    return _checked(chart.model_copy(update={"account": (*kept, *decided.values()), "own": source}), source)


def _checked(chart: Chart, source: str) -> Chart:
    """Every internal account once, every code once; in the order of the codes, off-balance last."""
    wanted: list[Class] = [(subject, None) for subject in Subject if subject is not Subject.ESCROW_BANK]
    wanted += [(Subject.ESCROW_BANK, part) for part in PARTS]
    classes = Counter((each.subject, each.part) for each in chart.account)
    if off := [_named(each) for each in wanted if classes[each] != 1] + [_named(e) for e in classes if e not in wanted]:
        raise XuqiaoError("chart.incomplete", source=source, accounts=", ".join(off))
    if twice := [code for code, times in Counter(each.code for each in chart.account).items() if times > 1]:
        raise XuqiaoError("chart.code_twice", source=source, codes=", ".join(twice))
    in_order = sorted(chart.account, key=lambda each: (each.subject in OFF_BALANCE, each.code))
    return chart.model_copy(update={"account": tuple(in_order)})


def _named(of_class: Class) -> str:
    subject, part = of_class
    return f"{subject.value}/{part}" if part else subject.value


def _wrong(error: tomllib.TOMLDecodeError | ValidationError, source: str) -> XuqiaoError:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return XuqiaoError("chart.wrong", source=source, name=place_of(first["loc"]), reason=expected_of(first))
    return XuqiaoError("chart.wrong", source=source, name="TOML", reason=error)
