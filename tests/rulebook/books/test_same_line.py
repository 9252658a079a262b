"""Which lines of a file are on record already: a line is known, new or refused by name."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest

from rulebook.books.same_line import no_longer_there, recognise
from rulebook.books.statements import KnownLine, StatementLine

MONDAY = date(2026, 3, 2)
FIRM, OTHER, THIRD = "东海县甲公司", "东海县乙公司", "东海县丙公司"


def line(amount: int, balance: int | None = None, *, on: int = 0, **more: object) -> StatementLine:
    day = MONDAY + timedelta(days=on)
    return StatementLine.model_validate({"on": day, "amount_fen": amount, "balance_fen": balance, **more})


def on_record(*lines: StatementLine) -> list[KnownLine]:
    return [KnownLine(name=f"L{place}", **each.model_dump()) for place, each in enumerate(lines, start=1)]


def said(file: Sequence[StatementLine], record: Sequence[KnownLine]) -> list[str]:
    """For each line ``known``, ``new``, or why it is refused."""
    return [
        each.refusal.code.removeprefix("statement.") if each.refusal else "known" if each.known else "new"
        for each in recognise(file, record)
    ]


DIFFERS, UNCERTAIN, DAY_DIFFERS, REPEATED = "line_differs", "line_uncertain", "day_differs", "line_repeated"

# Another firm's line -------------------------------------------------------------------------------------------


def test_3_another_firms_receipt_with_the_same_balance_is_not_known() -> None:
    record = on_record(line(5, 105, payer_name=FIRM))
    file = [line(-5, 100, payer_name=THIRD), line(5, 105, payer_name=OTHER)]
    assert said(file, record) == [DAY_DIFFERS, DIFFERS]


def test_3_nor_are_two_e_mails_of_equal_digits_one_account() -> None:
    record = on_record(line(5, 105, payer_name=FIRM, payer_account="163"))
    assert said([line(5, 105, payer_name=OTHER, payer_account="163")], record) == [DIFFERS]


def test_3_nor_does_a_number_alone_make_two_firms_one() -> None:
    record = on_record(line(5, reference="SN900", payer_name=FIRM))
    assert said([line(5, reference="SN900", payer_name=OTHER)], record) == [DIFFERS]


def test_4_a_name_in_other_brackets_is_the_same_name() -> None:
    record = on_record(line(5, 105, payer_name="丙（连云港）商贸"))
    assert said([line(5, 105, payer_name="丙(连云港)商贸")], record) == ["known"]


# A day from its beginning --------------------------------------------------------------------------------------


def test_3_a_file_from_the_middle_of_a_day_that_comes_back_to_the_same_balance_is_refused() -> None:
    record = on_record(line(5, 105))
    assert said([line(-5, 100), line(5, 105)], record) == [DAY_DIFFERS, "known"]
    assert said([line(5, 105), line(-5, 100), line(5, 105)], record) == ["known", "new", "new"]


def test_3_a_line_that_the_bank_dates_back_is_new_where_it_stands_behind_the_days_lines() -> None:
    record = on_record(line(5, 105), line(7, 112, on=1))
    assert said([line(5, 105), line(7, 112, on=1), line(-2, 110)], record) == ["known", "known", "new"]


def test_3_a_file_that_goes_on_where_the_day_on_record_ends_is_taken() -> None:
    record = on_record(line(5, 105, payer_name=FIRM))
    file = [line(7, 112, payer_name=FIRM), line(-2, 110)]
    found = recognise(file, record)
    assert said(file, record) == ["new", "new"]
    assert no_longer_there(file, found, record) == []


def test_3_a_day_that_ends_as_it_began_and_was_sorted_otherwise_is_not_gone_on_with() -> None:
    record = on_record(line(5, 105, payer_account="622"), line(-5, 100, payer_account="623"))
    file = [line(-5, 95, payer_account="623"), line(5, 100, payer_account="622")]
    assert said(file, record) == [UNCERTAIN, UNCERTAIN]


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ([("SN8", 10, 1_010), ("SN90001", 100, 1_110), ("SN90002", 50, 1_160)], [DAY_DIFFERS, DIFFERS, DIFFERS]),
        ([("SN90002", 50, 1_050), ("SN90001", 100, 1_150)], [DIFFERS, DIFFERS]),
    ],
)
def test_3_an_export_whose_balances_moved_doubles_nothing(
    file: Sequence[tuple[str, int, int]], expected: Sequence[str]
) -> None:
    record = on_record(line(100, 1_100, reference="SN90001"), line(50, 1_150, reference="SN90002"))
    accounts = {"SN8": "62220008", "SN90001": "62220001", "SN90002": "62220002"}
    lines = [line(fen, balance, reference=number, payer_account=accounts[number]) for number, fen, balance in file]
    known = [each.model_copy(update={"payer_account": accounts[each.reference]}) for each in record]
    assert said(lines, known) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"reference": "SN900"}, {"reference": "HX12345678"}),
        ({"reference": "901234"}, {"reference": "0000901234"}),
        ({"reference": "SN90a1"}, {"reference": "SN90A1"}),
        ({"payer_account": "62220001"}, {"payer_account": "62220002"}),
        ({"payer_name": FIRM}, {"payer_name": "甲公司（东海）"}),
        ({"payer_name": FIRM, "payer_account": "622"}, {"payer_name": "甲公司（东海）", "payer_account": "622"}),
    ],
)
@pytest.mark.parametrize("balance", [None, 105])
def test_3_a_line_whose_number_account_or_name_the_bank_altered_is_refused(
    before: Mapping[str, str], after: Mapping[str, str], balance: int | None
) -> None:
    (found,) = said([line(5).model_copy(update=after)], on_record(line(5, balance).model_copy(update=before)))
    assert found == UNCERTAIN


@pytest.mark.parametrize("restated", [90, -100])
@pytest.mark.parametrize("balance", [None, 1_100])
def test_3_a_restated_amount_is_refused(restated: int, balance: int | None) -> None:
    record = on_record(line(100, balance, payer_name=FIRM, payer_account="6222001"))
    stated = None if balance is None else 1_000 + restated
    assert said([line(restated, stated, payer_name=FIRM, payer_account="6222001")], record) == [UNCERTAIN]


def test_3_what_the_file_no_longer_has_is_named_and_other_lines_are_taken() -> None:
    record = on_record(line(100, payer_account="6222001"), line(50, on=1, payer_account="6222002"))
    file = [line(7, payer_account="6222009"), line(50, on=1, payer_account="6222002")]
    found = recognise(file, record)
    assert said(file, record) == ["new", "known"]
    assert [each.name for each in no_longer_there(file, found, record)] == ["L1"]


def test_a_file_without_lines_says_nothing() -> None:
    record = on_record(line(5, 105))
    assert recognise([], record) == []
    assert no_longer_there([], [], record) == []


def test_3_an_older_export_of_the_same_day_lacks_nothing() -> None:
    record = on_record(line(5, 105), line(7, 112), line(2, 114))
    found = recognise([line(5, 105)], record)
    assert no_longer_there([line(5, 105)], found, record) == []


# Printed twice, and days apart ---------------------------------------------------------------------------------


def test_3_a_line_printed_twice_is_refused_at_the_second_import_too() -> None:
    twice = [line(5, reference="SN900"), line(5, reference="SN900")]
    assert said(twice, []) == ["new", REPEATED]
    assert said(twice, on_record(twice[0])) == ["known", REPEATED]


@pytest.mark.parametrize("number", ["", "123", "SN900"])
def test_3_the_same_line_on_another_day_is_refused_where_the_balances_contradict(number: str) -> None:
    before = line(100, 1_100, reference=number, payer_name=FIRM, payer_account="6222001")
    assert said([before.model_copy(update={"on": before.on + timedelta(days=1)})], on_record(before)) == [DIFFERS]


def test_3_nor_is_it_new_without_balances_where_the_file_lacks_it_on_its_own_day() -> None:
    record = on_record(line(100, payer_account="6222001"))
    file = [line(7, payer_name=OTHER, payer_account="6222002"), line(100, on=1, payer_account="6222001")]
    assert said(file, record) == ["new", UNCERTAIN]
    assert said(file[1:], record) == ["new"], "a file without that day says nothing of it"


def test_3_and_is_a_line_of_its_own_where_the_file_goes_on_from_the_record() -> None:
    record = on_record(line(100, 1_100, payer_account="6222001"))
    file = [line(-100, 1_000, on=1), line(100, 1_100, on=1, payer_account="6222001")]
    assert said(file, record) == ["new", "new"]


def test_3_one_number_for_the_same_money_on_two_days_needs_a_file_with_both() -> None:
    lines = [line(100, 1_100, reference="SN900"), line(100, 1_200, on=1, reference="SN900")]
    assert said(lines[1:], on_record(lines[0])) == [DIFFERS]
    assert said(lines, on_record(lines[0])) == ["known", "new"]


@pytest.mark.parametrize("account", ["6222001", "6222002"])
def test_3_padded_numbers_that_begin_anew_each_day_are_no_identity(account: str) -> None:
    record = on_record(line(5, reference="000001", payer_account="6222001"))
    assert said([line(5, on=1, reference="000001", payer_account=account)], record) == ["new"]


def test_3_nor_is_one_number_of_two_accounts() -> None:
    record = on_record(line(5, reference="SN900", payer_account="6222001"))
    assert said([line(5, on=1, reference="SN900", payer_account="6222002")], record) == ["new"]
