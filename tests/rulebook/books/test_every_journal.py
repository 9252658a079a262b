"""What holds for the journals of every kind: nothing is made or lost, and nobody's money is somebody else's."""

import re
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from rulebook.books.postings import LedgerRequest, PostingKind, Subject
from rulebook.books.postings_of_the_year import reverse
from rulebook.books.steps import BY_TWO
from tests.rulebook.books.journals import CASE, FUND, RECORD, moved, of_subject, some_journals
from tests.rulebook.samples import ROOT

FEN = st.integers(min_value=1, max_value=10**13)
BANK = Subject.ESCROW_BANK
OFF_BALANCE = {Subject.WRITTEN_OFF, Subject.WRITTEN_OFF_CLAIM}
OF_OTHERS = (Subject.UNMATCHED, Subject.REFUND_DUE, Subject.FEE_PREPAID)
OF_THE_FEES = (Subject.FEE_INCOME, Subject.OUTPUT_VAT, Subject.FEE_SPENDING, Subject.BANK_CHARGE)
OF_THE_POOL = (
    Subject.CONTRIBUTION,
    Subject.BRIDGE_RECEIVABLE,
    Subject.INTEREST_INCOME,
    Subject.RECOVERY_INCOME,
    Subject.LOSS,
    Subject.COMPENSATION,
)
CASH_IN = {"capital_in", "receive", "unmatched", "prepay", "interest", "recover"}
CASH_OUT = {"disburse", "refund_prepaid", "refund", "charge", "vat_paid", "spend", "compensate", "capital_out"}
NO_CASH = {"reserve", "release", "intend", "fail", "true_up", "match", "vat", "write_off", "carry_over"}
IN_PARTS = {"receive", "guarantor_in"}
"""Their money comes in as principal, fee and excess; that of all others is one amount."""


def journals(first: int, second: int, third: int) -> list[LedgerRequest]:
    return [journal for of_kind in some_journals(first, second, third).values() for journal in of_kind]


def rows(table: str) -> list[list[str | None]]:
    """What the database is told about its own tables, when it is made."""
    files = ("0001_ledger_tables.sql", "0004_books_tables.sql")
    sql = "".join((ROOT / "models" / "migrations" / "sql" / file).read_text(encoding="utf-8") for file in files)
    found = re.findall(rf"INSERT INTO ledger\.{table}\b[^V]*VALUES\n(.+?);", sql, re.DOTALL)
    lines = [line for statement in found for line in re.findall(r"^ +\((.+)\)[,;]?", statement + ";", re.MULTILINE)]
    return [[None if cell == "NULL" else cell.strip("'") for cell in line.split(", ")] for line in lines]


def test_there_is_a_journal_of_every_kind() -> None:
    assert set(some_journals(1, 2, 3)) == set(PostingKind)
    assert CASH_IN | CASH_OUT | NO_CASH | {"guarantor_in", "reverse"} == set(PostingKind)


@given(FEN, FEN, FEN)
def test_the_bank_account_moves_by_the_money_that_moved(first: int, second: int, third: int) -> None:
    for journal in journals(first, second, third):
        amount = first + second + third if journal.kind in IN_PARTS else first
        cash = of_subject(moved([journal]), BANK)
        if journal.kind is PostingKind.GUARANTOR_IN:  # from the bank, or from what nobody had claimed
            assert cash == (amount if journal.reference else 0)
        elif journal.kind is PostingKind.REVERSE:  # the sample takes a spending back
            assert cash == amount
        else:
            sign = (journal.kind in CASH_IN) - (journal.kind in CASH_OUT)
            assert cash == sign * amount, journal.kind


@given(st.lists(st.tuples(st.integers(0, 26), FEN, FEN, FEN), max_size=20))
def test_each_part_of_the_account_is_worth_what_it_is_kept_for(events: Sequence[tuple[int, int, int, int]]) -> None:
    """Whatever happens in whatever order: what others own is set aside, and no fee is lent before the year is over."""
    happened = [journals(first, second, third)[which] for which, first, second, third in events]
    sums = moved(happened)
    assert sums[BANK, "set_aside"] == -of_subject(sums, *OF_OTHERS)
    within_the_year = moved(each for each in happened if each.kind is not PostingKind.CARRY_OVER)
    assert within_the_year[BANK, "fees"] == -of_subject(within_the_year, *OF_THE_FEES)
    assert within_the_year[BANK, "pool"] == -of_subject(within_the_year, *OF_THE_POOL)


@given(FEN, FEN, FEN)
def test_what_is_kept_beside_the_balance_never_meets_what_is_in_it(first: int, second: int, third: int) -> None:
    for journal in journals(first, second, third):
        for line in journal.lines:
            assert (line.debit.subject in OFF_BALANCE) == (line.credit.subject in OFF_BALANCE)
            assert line.debit != line.credit


@given(FEN, FEN, FEN)
def test_a_reversal_leaves_no_account_moved(first: int, second: int, third: int) -> None:
    for journal in journals(first, second, third):
        back = reverse(RECORD, journal.key, journal.lines, approval="DH/desk/9", case=journal.case_no)
        assert moved([journal, back]) == {}
        assert [line.amount_fen for line in back.lines] == [line.amount_fen for line in journal.lines]


@given(FEN, FEN, FEN)
def test_every_journal_is_one_books_and_one_cases(first: int, second: int, third: int) -> None:
    keys = [journal.key for journal in journals(first, second, third)]
    assert len(set(keys)) == len(keys)
    for journal in journals(first, second, third):
        assert journal.book == FUND
        assert journal.key.startswith(f"{FUND}/")
        assert (journal.case_no is not None) == (f"/{CASE}/" in journal.key)
        of_cases = {"bridge_receivable", "refund_due", "fee_prepaid", "loss", "compensation", "written_off"}
        touched = {account for line in journal.lines for account in (line.debit, line.credit)}
        if journal.kind is not PostingKind.CARRY_OVER:
            assert {each.dimension for each in touched if each.subject in of_cases} <= {journal.case_no}


@given(FEN, FEN, FEN)
def test_the_door_is_told_exactly_what_was_written(first: int, second: int, third: int) -> None:
    for journal in journals(first, second, third):
        told = journal.wire()
        assert told["lines"] == [
            [line.debit.subject, line.debit.dimension, line.credit.subject, line.credit.dimension, line.amount_fen]
            for line in journal.lines
        ]
        assert told["hold"] == (
            ["bridge_receivable", CASE, "escrow_bank", "pool", first]
            if journal.kind in ("reserve", "intend", "fail")
            else None
        )
        again = LedgerRequest.model_validate(
            {**told, "lines": [line.model_dump() for line in journal.lines], "hold": journal.hold}
        )
        assert again == journal


# Against the database's own table of what it takes -----------------------------------------------------------------


def test_the_rules_make_exactly_the_entries_that_the_database_permits() -> None:
    made = set()
    for kind, of_kind in some_journals(1, 2, 3).items():
        for journal in of_kind if kind is not PostingKind.REVERSE else ():  # mirrors what it takes back
            for line in (*journal.lines, *([journal.hold] if journal.hold else [])):
                made.add((kind, line.debit.subject, line.debit.dimension, line.credit.subject, line.credit.dimension))
    permitted = {tuple(row) for row in rows("permitted")}
    fitting = {
        row: {entry for entry in made if all(want in (None, got) for want, got in zip(row, entry, strict=True))}
        for row in permitted
    }
    assert [row for row, found in fitting.items() if not found] == []
    assert made - set[tuple[str, ...]]().union(*fitting.values()) == set()


def test_the_database_asks_two_people_for_just_the_kinds_that_the_desk_does() -> None:
    kinds = rows("kind")
    assert {row[0] for row in kinds} == set(PostingKind)
    by_two = {row[0] for row in kinds if len(row) == 6 and row[4] == "true"}
    assert by_two == {*BY_TWO, PostingKind.INTEND}
    for journal in journals(1, 2, 3):
        assert (journal.approval is not None) == (journal.kind in by_two), journal.kind


def test_holds_are_opened_and_resolved_by_the_kinds_that_the_database_knows() -> None:
    opens = {row[0] for row in rows("kind") if row[2] == "true"}
    resolves = {row[0] for row in rows("kind") if row[3] == "true"}
    for journal in journals(1, 2, 3):
        assert (journal.hold is not None) == (journal.kind in opens)
        assert (journal.resolves is not None) == (journal.kind in resolves)
        assert journal.cap_fen == (journal.hold.amount_fen if journal.hold else None)
