"""Any statement in any bank's manner, exported in pieces that overlap: each line once and right, or refused by name.

An account's history is invented; it is exported several times, as files of one manner of writing; what is on record
after each is compared with what truly happened. Now and then the bank writes a line otherwise than before.
"""

import io
import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import openpyxl
import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from activities.books.statement.reading import read_statement
from rulebook.books.same_line import completed, recognise
from rulebook.books.statements import KnownLine, StatementLine
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan

FIRST = date(2026, 3, 2)
OPENING = 10_000_00
SEED = int(os.environ.get("XUQIAO_STATEMENT_SEED") or random.SystemRandom().getrandbits(32))
EXAMPLES = int(os.environ.get("XUQIAO_STATEMENT_EXAMPLES") or 2_000)
PHASES = [Phase.generate, Phase.shrink] if "XUQIAO_STATEMENT_SEED" in os.environ else [Phase.generate]
"""What fails is made small only when somebody asks for it by its seed: that takes minutes."""
PAYERS = (("东海县甲石英有限公司", "62280001"), ("丙（连云港）商贸·行", "62280002"), ("", ""), ("乙", "62280003"))


@dataclass(frozen=True)
class Manner:
    """How a bank writes: which numbers it gives, how it says the direction, what stands around the lines."""

    numbers: str
    amounts: str
    balances: bool
    newest_first: bool
    pages: bool
    excel: bool
    quoted: bool
    encoding: str
    delimiter: str
    order: tuple[int, ...]
    grouped: bool

    @property
    def tells_all(self) -> bool:
        """Whether nothing of what it writes leaves room for doubt."""
        return self.balances and self.amounts != "unsigned"


@dataclass
class Record:
    """What is on record, and what was refused by name."""

    lines: list[KnownLine] = field(default_factory=list)

    def take_in(self, content: bytes) -> tuple[list[StatementLine], int]:
        """The lines of a file that were new or known, and how many rows were refused."""
        parts = read_statement(content).parts
        assert all(part.adds_up for part in parts), [part.breaks for part in parts]
        taken, refused = [], 0
        for part in parts:
            lines = [each.line for each in part.lines]
            refused += len(part.faults)
            found = recognise(lines, self.lines)
            for line, what in zip(lines, found, strict=True):
                if what.refusal:
                    refused += 1
                    continue
                taken.append(line)
                if what.name:
                    self.lines.append(KnownLine(name=what.name, **line.model_dump()))
                elif what.known and (after := completed(what.known, line)):
                    self.lines[self.lines.index(what.known)] = after
            self.lines.sort(key=lambda each: each.on)
        return taken, refused


def history(data: st.DataObject, manner: Manner) -> list[StatementLine]:
    lines, balance, on = [], OPENING, FIRST
    of_day: Counter[date] = Counter()
    for place in range(data.draw(st.integers(1, 12))):
        on += timedelta(days=data.draw(st.sampled_from((0, 0, 0, 1, 3))))
        amount = data.draw(st.sampled_from((500_00, 500_00, -500_00, 1, -22_00, 123_45)))
        balance += amount
        of_day[on] += 1
        name, account = data.draw(st.sampled_from(PAYERS))
        numbers = {
            "unique": f"LS{place:06d}",
            "shared": f"P{on:%d}",
            "daily": str(of_day[on]),
            "zeros": "0" * 9,
            "none": "",
        }
        lines.append(
            StatementLine(
                on=on,
                amount_fen=amount,
                balance_fen=balance if manner.balances else None,
                reference=numbers[manner.numbers],
                payer_name=name,
                payer_account=account,
                summary=data.draw(st.sampled_from(("还款", "", "转账"))),
            )
        )
    return lines


def written(lines: Sequence[StatementLine], manner: Manner, *, opening: int) -> bytes:
    """A file as the bank of this manner writes it."""
    headings = ["交易日期", "流水号", "对方户名", "对方账号", "摘要"]
    sides = {
        "sides": ["借方发生额", "贷方发生额"],
        "signed": ["交易金额"],
        "marked": ["交易金额", "借贷标志"],
        "unsigned": ["金额"],
    }
    headings += sides[manner.amounts] + (["余额"] if manner.balances else [])
    rows = [_row(line, manner) for line in (lines[::-1] if manner.newest_first else lines)]
    order = [place for place in manner.order if place < len(headings)]
    order += [place for place in range(len(headings)) if place not in order]
    table = [[each[place] for place in order] for each in [headings, *rows]]
    if manner.pages:
        half = 1 + len(rows) // 2
        total = ["本页合计", *[""] * (len(order) - 1)]
        table = [*table[:half], total, table[0], *table[half:], total, ["第1页 共1页"]]
    if manner.amounts == "unsigned" and manner.balances:
        table.insert(0, ["期初余额", format_yuan(opening)])
    if manner.excel:
        return _excel(table)
    text = "\r\n".join(manner.delimiter.join(_cell(each, manner) for each in row) for row in table)
    return text.encode(manner.encoding)


def _row(line: StatementLine, manner: Manner) -> list[str]:
    def yuan(fen: int) -> str:
        return format_yuan(fen, grouped=manner.grouped)

    amount = line.amount_fen
    amounts = {
        "sides": [yuan(-amount), ""] if amount < 0 else ["", yuan(amount)],
        "signed": [yuan(amount) if amount < 0 else "+" + yuan(amount)],
        "marked": [yuan(abs(amount)), "借" if amount < 0 else "贷"],
        "unsigned": [yuan(abs(amount))],
    }
    balance = [] if line.balance_fen is None else [yuan(line.balance_fen)]
    about = [f"{line.on:%Y-%m-%d}", line.reference, line.payer_name, line.payer_account, line.summary]
    return [*about, *amounts[manner.amounts], *balance]


def _cell(text: str, manner: Manner) -> str:
    return f'"{text}"' if manner.quoted or manner.delimiter in text else text


def _excel(table: Sequence[Sequence[str]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("明细")
    for row in table:
        sheet.append([each or None for each in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@st.composite
def manners(draw: st.DrawFn) -> Manner:
    return Manner(
        numbers=draw(st.sampled_from(("unique", "shared", "daily", "zeros", "none"))),
        amounts=draw(st.sampled_from(("sides", "signed", "marked", "unsigned"))),
        balances=draw(st.booleans()),
        newest_first=draw(st.booleans()),
        pages=draw(st.booleans()),
        excel=draw(st.integers(0, 9)) == 0,
        quoted=draw(st.booleans()),
        encoding=draw(st.sampled_from(("utf-8", "utf-8-sig", "gb18030", "utf-16"))),
        delimiter=draw(st.sampled_from((",", "\t", ";", "|"))),
        order=tuple(draw(st.permutations(range(8)))),
        grouped=draw(st.booleans()),
    )


def by_day_and_amount(lines: Sequence[StatementLine]) -> Counter[tuple[date, int]]:
    return Counter((line.on, line.amount_fen) for line in lines)


def fits_both_ways(lines: Sequence[StatementLine], before: int) -> bool:
    """Whether the lines of one day, read from the last to the first, have balances that run with other directions."""
    running, differs = before, False
    for line in lines[::-1]:
        if line.balance_fen is None or abs(line.balance_fen - running) != abs(line.amount_fen):
            return False
        differs |= line.balance_fen - running != line.amount_fen
        running = line.balance_fen
    return differs and len({line.on for line in lines}) == 1


ALTERED = {"reference": "HX90017", "payer_name": "甲石英公司（东海）", "summary": "改写", "payer_account": "62280009"}


def restated(data: st.DataObject, lines: list[StatementLine]) -> list[StatementLine]:
    """The same lines, one of which the bank writes otherwise than before."""
    place, what = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.sampled_from(sorted(ALTERED)))
    altered = lines[place].model_copy(update={what: ALTERED[what]})
    return [*lines[:place], altered, *lines[place + 1 :]]


def may_have_moved(lines: Sequence[StatementLine], record: Record, places: Sequence[int], exported: set[int]) -> bool:
    """Whether a line may be one of another day on record, since what lies between file and record is not on record."""
    before = places[0] - 1 not in exported and any(place < places[0] for place in exported)
    after = places[-1] + 1 not in exported and any(place > places[-1] for place in exported)
    return (before or after) and any(
        (line.amount_fen, line.balance_fen) == (known.amount_fen, known.balance_fen) and line.on != known.on
        for line in lines
        for known in record.lines
    )


def reads_both_ways(lines: Sequence[StatementLine]) -> bool:
    """Whether balances hold from the last line to the first as well: nobody knows how the day of such a file ended."""
    return len(lines) > 1 and all(
        after.balance_fen is not None and before.balance_fen == after.balance_fen + before.amount_fen
        for before, after in pairwise(lines)
    )


def refused_whole(record: Record, content: bytes) -> str:
    try:
        record.take_in(content)
    except XuqiaoError as refusal:
        return refusal.code
    return ""


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, database=None, phases=PHASES, report_multiple_bugs=False)
@given(st.data(), manners())
def any_statement(data: st.DataObject, manner: Manner) -> None:
    truth = history(data, manner)
    days = sorted({line.on for line in truth})
    record, exported, doubt = Record(), set[int](), not manner.tells_all
    for _ in range(data.draw(st.integers(1, 3))):
        since, until = sorted(data.draw(st.sampled_from(days)) for _ in range(2))
        places = [place for place, line in enumerate(truth) if since <= line.on <= until]
        until_noon = data.draw(st.integers(0, 2))  # so many lines of the last day are not there yet
        places = places[: max(1, len(places) - until_noon)]
        incomplete = data.draw(st.booleans())
        lines = [truth[place] for place in places]
        if incomplete:  # the bank completes summary and payer later
            lines = [line.model_copy(update={"summary": "", "payer_name": ""}) for line in lines]
        if data.draw(st.integers(0, 5)) == 0:
            lines, doubt = restated(data, lines), True
        doubt |= may_have_moved(lines, record, places, exported) or reads_both_ways(lines)
        before = OPENING + sum(line.amount_fen for line in truth[: places[0]])
        content = written(lines, manner, opening=before)
        if manner.amounts == "unsigned" and (not manner.balances or fits_both_ways(lines, before)):
            assert refused_whole(record, content) == "statement.sign_unknown"
            continue
        taken, refused = record.take_in(content)
        exported.update(places)
        assert len(taken) + refused == len(lines), "each row is taken or named"
        assert not by_day_and_amount(taken) - by_day_and_amount(lines), "with its own sign"
        assert not by_day_and_amount(record.lines) - by_day_and_amount([truth[place] for place in exported]), (
            "none twice"
        )
        missing = by_day_and_amount(lines) - by_day_and_amount(record.lines)
        assert missing.total() <= refused, "none dropped in silence"
        assert doubt or refused == 0, "nothing is refused that can be known"
    if not doubt:
        assert by_day_and_amount(record.lines) == by_day_and_amount([truth[place] for place in sorted(exported)])


@pytest.mark.usefixtures("many_examples")
def test_any_statement_is_taken_in_once_and_right() -> None:
    print(f"XUQIAO_STATEMENT_SEED={SEED} examples={EXAMPLES}")
    any_statement()
