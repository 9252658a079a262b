"""Lines of the bank's statement beside the books: which is which, and what is left over, to the fen."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.books.reconciling import (
    Difference,
    DifferenceKind,
    Entry,
    Movement,
    Pair,
    ReturnedPayment,
    find_pairs,
    for_people,
    reconcile,
    unpaired,
)
from rulebook.books.running_balance import are_sides_swapped, balance_breaks, is_newest_first
from rulebook.books.statements import KnownLine, LineKind, StatementLine, divide_untagged
from rulebook.errors import XuqiaoError
from rulebook.messages import ReceiptPurpose

MONDAY = date(2026, 3, 2)
PRINCIPAL, FEE = ReceiptPurpose.PRINCIPAL, ReceiptPurpose.FEE
ACCOUNT = "6228480100000000001"


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def line(name: str, amount: int, on: int = 0, **more: object) -> KnownLine:
    return KnownLine.model_validate({"name": name, "on": day(on), "amount_fen": amount, **more})


def movement(reference: str, amount: int, on: int = 0, account: str = "") -> Movement:
    return Movement(reference=reference, entries=(Entry(voucher=1, on=day(on), amount_fen=amount),), account=account)


def chain(*amounts: int, start: int = 1_000) -> list[StatementLine]:
    """Lines of one day with a balance that runs."""
    lines = []
    for amount in amounts:
        start += amount
        lines.append(StatementLine(on=MONDAY, amount_fen=amount, balance_fen=start))
    return lines


# Names and balances --------------------------------------------------------------------------------------------


def test_a_statement_that_begins_with_its_last_line_is_recognised() -> None:
    lines = chain(100, -30, 5)
    assert not is_newest_first(lines)
    assert is_newest_first(lines[::-1]), "one day only: the running balance tells"
    assert is_newest_first([line("a", 1, on=3), line("b", 1, on=1)])
    assert not is_newest_first([])


def test_sides_of_the_account_holders_own_journal_are_noticed() -> None:
    lines = chain(100, -30, 5)
    turned = [each.model_copy(update={"amount_fen": -each.amount_fen}) for each in lines]
    assert are_sides_swapped(turned)
    assert not are_sides_swapped(lines)
    assert not are_sides_swapped(turned[:1]), "one balance proves nothing"
    one_right = [*turned, StatementLine(on=MONDAY, amount_fen=7, balance_fen=1_082)]
    assert not are_sides_swapped(one_right)


def test_a_missing_line_breaks_the_balance_at_the_next_one_only() -> None:
    first, _, *rest = chain(100, -30, 5, 6)
    (found,) = balance_breaks([first, *rest])
    assert (found.place, found.expected_fen, found.stated_fen) == (1, 1_105, 1_075)


@pytest.mark.parametrize(
    ("amount", "name", "account", "summary", "kind"),
    [
        (123, "", "", "结息", LineKind.INTEREST),
        (123, "", "", "活期利息入账", LineKind.INTEREST),
        (123, "应付单位活期存款利息", "32001658880052000131", "利息", LineKind.INTEREST),
        (123, "中国建设银行东海支行", "32001658880052000131", "结息", LineKind.INTEREST),
        (123, "", "32001658880052000131", "2026年第三季度结息", LineKind.INTEREST),
        (123, "", ACCOUNT, "归还利息", LineKind.TRANSFER),
        (123, "东海县甲石英有限公司", ACCOUNT, "利息", LineKind.TRANSFER),
        (123, "中国建设银行东海支行", "320", "归还应急转贷利息", LineKind.TRANSFER),
        (-123, "", "", "利息税", LineKind.TRANSFER),
        (0, "", "", "结息", LineKind.TRANSFER),
        (123, "", "", "还款", LineKind.TRANSFER),
        (-123, "", "", "汇款手续费", LineKind.CHARGE),
        (-123, "手续费收入", "32001658880052000999", "账户管理费", LineKind.CHARGE),
        (-123, "东海县乙有限公司", ACCOUNT, "服务费", LineKind.TRANSFER),
        (123, "", "", "手续费", LineKind.TRANSFER),
        (123, "东海县某某公司清算组", "", "利息", LineKind.TRANSFER),
        (123, "南京银行家咖啡有限公司", ACCOUNT, "利息", LineKind.TRANSFER),
        (123, "", "", "利息", LineKind.TRANSFER),
        (123, "江苏银行股份有限公司连云港东海支行营业部", "320", "利息", LineKind.INTEREST),
        (123, "江苏东海农村商业银行股份有限公司", "320", "利息", LineKind.INTEREST),
        (-50_000_00, "江苏东海农商行", "320", "代还客户 服务费", LineKind.TRANSFER),
        (-50, "江苏东海农商行", "320", "服务费", LineKind.CHARGE),
    ],
)
def test_11_interest_and_charges_are_the_banks_own_doing_on_whichever_account(
    amount: int, name: str, account: str, summary: str, kind: LineKind
) -> None:
    assert line("A", amount, payer_name=name, payer_account=account, summary=summary).kind is kind


@pytest.mark.parametrize("summary", ["退汇：账号有误", "汇款退回", "退票", "冲正", "网银跨行汇款失败"])
def test_a_return_comes_in_and_says_so(summary: str) -> None:
    assert line("A", 5, summary=summary).says_returned
    assert not line("A", -5, summary=summary).says_returned
    assert not line("A", 5, summary="还款").says_returned


# Money that names no purpose -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "order", "principal", "fee"),
    [
        (90, (PRINCIPAL, FEE), 90, 0),
        (110, (PRINCIPAL, FEE), 100, 10),
        (200, (PRINCIPAL, FEE), 100, 100),
        (90, (FEE, PRINCIPAL), 75, 15),
        (100, (PRINCIPAL,), 100, 0),
        (15, (FEE,), 0, 15),
    ],
)
def test_untagged_money_follows_the_measures_order(
    amount: int, order: Sequence[ReceiptPurpose], principal: int, fee: int
) -> None:
    divided = divide_untagged(amount, order, outstanding_fen=100, fee_owed_fen=15)
    assert divided == {PRINCIPAL: principal, FEE: fee}
    assert sum(divided.values()) == amount


@pytest.mark.parametrize("order", [None, (), (PRINCIPAL,)])
def test_where_the_measure_is_silent_a_person_must_say(order: tuple[ReceiptPurpose, ...] | None) -> None:
    with pytest.raises(XuqiaoError) as refused:
        divide_untagged(101, order, outstanding_fen=100, fee_owed_fen=15)
    assert (refused.value.code, refused.value.params["amount"]) == ("statement.order_silent", "1.01")


# Which line is which movement ----------------------------------------------------------------------------------


def test_without_a_common_reference_account_and_amount_must_fit_and_each_is_used_once() -> None:
    lines = [
        line("Y1", 500, on=1, payer_account=ACCOUNT),
        line("Y2", 500, on=2, payer_account=ACCOUNT),
        line("Y3", 500, on=2, payer_account=ACCOUNT),
        line("Y4", 500, on=2, payer_account="999"),
        line("Y5", 501, on=2, payer_account=ACCOUNT),
        line("R9", 500, on=2, payer_account=ACCOUNT),
    ]
    movements = [movement("X1", 500, 1, ACCOUNT), movement("X2", 500, 2, ACCOUNT), movement("R9", 500, 2, ACCOUNT)]
    pairs = find_pairs(lines, movements, [])
    assert [(pair.line, pair.movement) for pair in pairs] == [("Y1", "X1"), ("Y2", "X2")]
    assert [each.name for each in unpaired(lines, movements, pairs)] == ["Y3", "Y4", "Y5"]
    assert find_pairs(lines, movements, pairs) == [], "what is known is not found again"


def test_account_and_amount_alone_say_nothing_a_fortnight_apart() -> None:
    assert find_pairs([line("Y", 500, 14, payer_account=ACCOUNT)], [movement("X", 500, 0, ACCOUNT)], []) == []


def test_money_of_nobodys_account_is_paired_with_nothing() -> None:
    assert find_pairs([line("Y", 500)], [movement("X", 500)], []) == []


def test_1_a_payment_of_the_books_that_the_bank_sent_back_belongs_to_its_return() -> None:
    out = line("P", -500, on=1, payer_account=ACCOUNT)
    back = line("T", 500, on=2, payer_account=ACCOUNT, summary="退汇：账号有误")
    payment = ReturnedPayment(account=ACCOUNT, amount_fen=500, sent_on=day(1), open_until=day(1))
    pair = Pair(line="P", returned_by="T")
    assert find_pairs([out, back], [], [], [payment]) == [pair]
    assert find_pairs([out, back], [], [], []) == [], "nobody was to be paid"
    assert find_pairs([out, back], [], [pair], [payment]) == [], "and each payment explains one line"
    again = [out, back, line("P2", -500, 1, payer_account=ACCOUNT), back.model_copy(update={"name": "T2"})]
    assert find_pairs(again, [], [pair], [payment]) == []
    for other in (
        back.model_copy(update={"summary": "还款"}),
        back.model_copy(update={"on": day(0)}),
        back.model_copy(update={"on": day(9)}),
        back.model_copy(update={"amount_fen": 499}),
        back.model_copy(update={"payer_account": "999"}),
    ):
        assert find_pairs([out, other], [], [], [payment]) == []
    for other_payment in (
        payment.model_copy(update={"account": "999"}),
        payment.model_copy(update={"amount_fen": 499}),
        payment.model_copy(update={"sent_on": day(2)}),
        payment.model_copy(update={"sent_on": day(-7), "open_until": day(-7)}),
    ):
        assert find_pairs([out, back], [], [], [other_payment]) == []
    assert find_pairs([out, back], [movement("P", -500)], [], [payment]) == [], "a payment in the books was made"


def test_a_movement_that_was_taken_back_leaves_its_line_free() -> None:
    entries = (Entry(voucher=1, on=day(0), amount_fen=5), Entry(voucher=2, on=day(1), amount_fen=-5))
    taken_back = Movement(reference="R", entries=entries)
    assert [each.name for each in unpaired([line("R", 5)], [taken_back], [])] == ["R"]


# A day's end ---------------------------------------------------------------------------------------------------


def kinds(found: Sequence[Difference]) -> list[tuple[str, str, int]]:
    return [(each.kind.value, each.about, each.effect_fen) for each in found]


def test_equal_to_the_fen() -> None:
    lines = [line("A", 1_000, balance_fen=1_000), line("B", -400, on=1, balance_fen=600)]
    end = reconcile(lines, [movement("A", 1_000), movement("B", -400, 1)], [], day(1))
    assert end.equal
    assert (end.statement_fen, end.books_fen, end.stated, end.last_line_on) == (600, 600, True, day(1))


def test_every_difference_is_named_and_they_add_up() -> None:
    lines = [
        line("A", 1_000, balance_fen=6_000),
        line("B", -400, on=1, balance_fen=5_600),
        line("C", 7, on=1, balance_fen=5_607),
        line("E", 90, on=1, balance_fen=5_690),
        line("F", 10, on=3, balance_fen=5_700),
    ]
    movements = [movement("Z", 4_900, -10), movement("A", 1_000), movement("B", -401, 1), movement("D", 20, 1)]
    end = reconcile(lines, movements, [], day(1))
    assert kinds(end.differences) == [
        ("opening", str(day(0)), 100),
        ("amounts_differ", "B", 1),
        ("not_in_books", "C", 7),
        ("not_on_statement", "D", -20),
        ("balance_break", "E", -7),
        ("not_in_books", "E", 90),
    ]
    assert end.statement_fen - end.books_fen == 100 + 1 + 7 - 20 - 7 + 90
    assert not end.equal


def test_what_only_takes_time_is_a_difference_of_the_day_and_no_task() -> None:
    lines, movements = [line("A", 5), line("P", -3, on=2)], [movement("A", 5, 1), movement("P", -3, 1)]
    first, second = reconcile(lines, movements, [], day(0)), reconcile(lines, movements, [], day(1))
    (books_late,), (bank_late,) = first.differences, second.differences
    assert (books_late.kind, books_late.follows_on) == (DifferenceKind.NOT_IN_BOOKS, day(1))
    assert (bank_late.kind, bank_late.follows_on) == (DifferenceKind.NOT_ON_STATEMENT, day(2))
    assert reconcile(lines, movements, [], day(2)).equal
    assert for_people(lines, movements, []) == []


def test_what_no_statement_has_come_to_yet_is_no_task() -> None:
    lines, movements = [line("A", 5)], [movement("A", 5), movement("B", 6, on=1)]
    assert kinds(reconcile(lines, movements, [], day(1)).differences) == [("not_on_statement", "B", -6)]
    assert for_people(lines, movements, []) == []
    assert kinds(for_people([*lines, line("C", 1, on=1)], movements, [])) == [
        ("not_on_statement", "B", -6),
        ("not_in_books", "C", 1),
    ]


def test_without_balances_the_statement_is_counted_on_from_the_books_before_it() -> None:
    end = reconcile([line("B", -400, on=1)], [movement("A", 1_000), movement("B", -400, 1)], [], day(1))
    assert (end.statement_fen, end.stated, end.equal) == (600, False, True)


def test_a_returned_payment_differs_only_in_the_days_between() -> None:
    lines = [line("A", 1_000), line("P", -500, on=1), line("T", 500, on=3)]
    pairs, movements = [Pair(line="P", returned_by="T")], [movement("A", 1_000)]
    assert kinds(reconcile(lines, movements, pairs, day(2)).differences) == [("not_in_books", "P", -500)]
    assert reconcile(lines, movements, pairs, day(3)).equal
    assert for_people(lines, movements, pairs) == []


def test_a_line_and_a_movement_of_another_name_differ_only_until_both_are_there() -> None:
    lines = [line("A", 1_000), line("Y", 500, on=3, payer_account=ACCOUNT), line("P", -7, on=3), line("T", 7, on=5)]
    movements = [movement("A", 1_000), movement("X", 500, 1, ACCOUNT)]
    pairs = [Pair(line="Y", movement="X"), Pair(line="P", returned_by="T")]
    (bank_late,) = reconcile(lines, movements, pairs, day(2)).differences
    assert (bank_late.kind, bank_late.about, bank_late.follows_on) == (DifferenceKind.NOT_ON_STATEMENT, "Y", day(3))
    assert kinds(reconcile(lines, movements, pairs, day(4)).differences) == [("not_in_books", "P", -7)]
    assert reconcile(lines, movements, pairs, day(5)).equal
    assert for_people(lines, movements, pairs) == []


NAMES = st.sampled_from("ABCDEFGH")
AMOUNTS = st.integers(-50, 50).filter(bool)


@st.composite
def statements_and_books(draw: st.DrawFn) -> tuple[list[KnownLine], list[Movement]]:
    """Any lines, some with balances that need not run, beside any movements, some of the same names."""
    drawn = draw(
        st.dictionaries(NAMES, st.tuples(AMOUNTS, st.integers(0, 9), st.none() | st.integers(0, 90)), min_size=1)
    )
    accounts = st.sampled_from(["", ACCOUNT])
    summaries = st.sampled_from(["", "退汇"])
    lines = [
        line(name, amount, on, balance_fen=balance, payer_account=draw(accounts), summary=draw(summaries))
        for name, (amount, on, balance) in drawn.items()
    ]
    entries = st.lists(st.tuples(st.integers(-3, 9), AMOUNTS), min_size=1, max_size=3)
    movements = [
        Movement(
            reference=name,
            entries=tuple(Entry(voucher=n, on=day(on), amount_fen=amount) for n, (on, amount) in enumerate(moved)),
            account=draw(accounts),
        )
        for name, moved in draw(st.dictionaries(NAMES, entries)).items()
    ]
    return sorted(lines, key=lambda each: each.on), movements


@given(statements_and_books(), st.integers(0, 12))
def test_the_differences_always_add_up_to_the_fen(drawn: tuple[list[KnownLine], list[Movement]], number: int) -> None:
    lines, movements = drawn
    on = max(day(number), lines[0].on)
    pairs = find_pairs(lines, movements, [])
    end = reconcile(lines, movements, pairs, on)
    assert end.statement_fen - end.books_fen == sum(each.effect_fen for each in end.differences)
    used = [name for pair in pairs for name in (pair.line, pair.returned_by) if name]
    assert len(used) == len(set(used)), "a line is used once"
