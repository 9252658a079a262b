"""Reports say what the vouchers say: by accounting date, exact to the fen, made from a known last voucher."""

from collections import defaultdict
from datetime import date

import pytest
from sqlmodel import Session

from activities.books.charts import shipped_chart
from models.books import ledger
from models.books.entries import Period, Source, TrialBalance
from models.books.reports import source, statement, trial_balance, voucher_list
from models.database import sessions
from models.funds.report import fund_report
from rulebook.books import postings, postings_of_the_year
from rulebook.books.postings import LedgerRequest, PostingKind, Subject
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.books.conftest import Books

CHART = shipped_chart("enterprise")
CASE, LOST, HELD, SENT = "L-2026-00001-1", "L-2026-00002-2", "L-2026-00003-3", "L-2026-00004-4"
JANUARY = Period(first=date(2026, 1, 1), last=date(2026, 1, 31))
FEBRUARY = Period(first=date(2026, 2, 1), last=date(2026, 2, 28))


def dated(request: LedgerRequest, month: int, day: int) -> LedgerRequest:
    return request.model_copy(update={"accounting_date": date(2026, month, day)})


def lend(books: Books, case: str, amount_fen: int, month: int, day: int) -> None:
    books.post(dated(books.reserve(case, amount_fen), month, day))
    books.allow(books.approval(case, amount_fen))
    books.post(dated(books.intend(case, amount_fen), month, day))
    books.post(dated(books.disburse(case, amount_fen), month, day))


@pytest.fixture
def two_months(new_books: object) -> Books:
    """January: capital and two bridges. February: one returns, one is lost; one is held, one on its way."""
    assert callable(new_books)
    books: Books = new_books()
    record, fund = books.record(date(2026, 2, 10)), books.fund
    for giver, amount, month, day in (("省财政", 3_000_000, 1, 1), ("市财政", 17_000_000, 1, 16)):
        paid_in = postings.capital_in(fund, giver, yuan(amount), reference=giver, on=record.on, actor_id="maker")
        books.post(dated(paid_in, month, day))
    lend(books, CASE, yuan(5_000_000), 1, 20)
    lend(books, LOST, yuan("1000000.01"), 1, 31)
    books.post(
        dated(books.receive(CASE, yuan(5_000_000), yuan("11000.07"), yuan("0.05")), 2, 2),
    )
    books.post(postings_of_the_year.vat(record, CASE, yuan("622.65"), invoice="FP-1"))
    books.post(postings_of_the_year.interest(record, yuan("1409.50"), reference="LX-1"))
    books.post(postings_of_the_year.charge(record, yuan(12), reference="SX-1"))
    approval = books.allow_event(PostingKind.SPEND, yuan(500), about="办公费用")
    spend = postings_of_the_year.spend(
        record, "办公费用", yuan(500), approval=approval, reference="ZC-1", limit_ppm=200_000
    )
    books.post(spend)
    approval = books.allow_event(PostingKind.WRITE_OFF, yuan("1000000.01"), about="核销1号", case=LOST)
    lost = postings_of_the_year.write_off(record, LOST, yuan("1000000.01"), approval=approval, decision="核销1号")
    books.post(lost)
    books.post(postings_of_the_year.recover(record, LOST, yuan(1_000), reference="SH-1"))
    books.post(dated(books.reserve(HELD, yuan(2_000_000)), 2, 20))
    books.post(dated(books.reserve(SENT, yuan(4_000_000)), 2, 20))
    books.allow(books.approval(SENT, yuan(4_000_000)))
    books.post(dated(books.intend(SENT, yuan(4_000_000)), 2, 20))
    # Recorded last, and still January's.
    books.post(
        dated(postings.unmatched_receipt(fund, yuan(7), reference="LS-9", on=record.on, actor_id="maker"), 1, 31)
    )
    return books


def opened(books: Books) -> Session:
    return sessions(books.engine)()


def made(session: Session, books: Books, period: Period) -> Source:
    return source(session, books.fund, period, CHART)


def trial(books: Books, period: Period) -> TrialBalance:
    with opened(books) as session:
        return trial_balance(session, made(session, books, period), CHART)


def test_the_trial_balance_of_a_month_balances_three_times(two_months: Books) -> None:
    balance = trial(two_months, FEBRUARY)
    totals, beside = balance.totals, balance.off_balance_totals

    assert totals.opening_debit_fen == totals.opening_credit_fen == yuan(20_000_007)
    assert totals.debit_fen == totals.credit_fen
    assert totals.closing_debit_fen == totals.closing_credit_fen
    assert (beside.debit_fen, beside.closing_debit_fen) == (yuan("1000000.01") + yuan(1_000), yuan("999000.01"))
    by_code = {line.code: line for line in balance.lines}
    assert [by_code[code].closing_debit_fen for code in ("1002.01", "1002.02", "1002.03", "1221.01")] == [
        yuan("19001409.49") + yuan(1_000),
        yuan("11000.07") - yuan(512),
        yuan("7.05"),
        0,
    ]
    bridges = by_code["1221.01"]
    assert (bridges.name, bridges.accounts) == ("其他应收款—应收周转款", 2)
    assert (bridges.opening_debit_fen, bridges.debit_fen, bridges.credit_fen) == (
        yuan("6000000.01"),
        0,
        yuan("6000000.01"),
    )
    assert [line.code for line in balance.lines][-2:] == ["BK.01", "BK.02"]
    assert balance.held.model_dump() == {
        "reserved_fen": yuan(2_000_000),
        "reserved_cases": 1,
        "on_its_way_fen": yuan(4_000_000),
        "on_its_way_cases": 1,
    }


@pytest.mark.parametrize("period", [JANUARY, FEBRUARY, Period(first=date(2026, 1, 20), last=date(2026, 2, 2))])
def test_the_trial_balance_is_the_sum_of_the_vouchers(two_months: Books, period: Period) -> None:
    with opened(two_months) as session:
        vouchers = ledger.vouchers(session, two_months.fund)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for voucher in vouchers:
        if voucher.accounting_date <= period.last:
            for line in voucher.lines:
                debit = sums[CHART.of(line.debit.subject, line.debit.dimension).code]
                credit = sums[CHART.of(line.credit.subject, line.credit.dimension).code]
                if voucher.accounting_date < period.first:
                    debit[0] += line.amount_fen
                    credit[0] -= line.amount_fen
                else:
                    debit[1] += line.amount_fen
                    credit[2] += line.amount_fen
    found = {
        line.code: [line.opening_debit_fen - line.opening_credit_fen, line.debit_fen, line.credit_fen]
        for line in trial(two_months, period).lines
    }
    assert found == dict(sums)


def test_closing_balances_through_today_are_the_databases_own(two_months: Books) -> None:
    classes: dict[str, int] = defaultdict(int)
    for (subject, dimension), net in two_months.balances().items():
        classes[CHART.of(Subject(subject), dimension).code] += net
    lines = trial(two_months, FEBRUARY).lines
    assert {line.code: line.closing_debit_fen + line.closing_credit_fen for line in lines} == {
        line.code: classes[line.code] for line in lines
    }


def test_the_next_month_opens_as_the_last_one_closed(two_months: Books) -> None:
    closed = {line.code: line.closing_debit_fen - line.closing_credit_fen for line in trial(two_months, JANUARY).lines}
    opening = {
        line.code: line.opening_debit_fen - line.opening_credit_fen for line in trial(two_months, FEBRUARY).lines
    }
    assert {code: fen for code, fen in opening.items() if fen} == {code: fen for code, fen in closed.items() if fen}


def test_what_is_held_counts_at_the_end_of_its_own_period(two_months: Books) -> None:
    held = trial(two_months, Period(first=date(2026, 2, 1), last=date(2026, 2, 19))).held
    assert (held.reserved_fen, held.on_its_way_fen) == (0, 0)


def test_an_account_is_followed_entry_by_entry(two_months: Books) -> None:
    with opened(two_months) as session:
        about = made(session, two_months, FEBRUARY)
        pool = statement(session, about, CHART, Subject.ESCROW_BANK, "pool")
        lost = statement(session, about, CHART, Subject.BRIDGE_RECEIVABLE, LOST)
        bank = statement(session, about, CHART, Subject.ESCROW_BANK, None)
        income = statement(session, about, CHART, Subject.FEE_INCOME, None)
    assert pool.opening_fen == yuan("13999999.99")
    assert [(line.kind, line.balance_fen) for line in pool.lines] == [
        (PostingKind.RECEIVE, yuan("18999999.99")),
        (PostingKind.INTEREST, yuan("19001409.49")),
        (PostingKind.RECOVER, yuan("19002409.49")),
    ]
    assert pool.closing_fen == pool.opening_fen + pool.debit_fen - pool.credit_fen == yuan("19002409.49")
    assert [(line.credit_fen, line.counter_subject, line.balance_fen) for line in lost.lines] == [
        (yuan("1000000.01"), Subject.LOSS, 0)
    ]
    assert (bank.closing_fen, bank.code) == (two_months_in_bank(two_months), "1002.01, 1002.02, 1002.03")
    assert (income.side, [line.balance_fen for line in income.lines]) == (
        "C",
        [yuan("11000.07"), yuan("11000.07") - yuan("622.65")],
    )


def two_months_in_bank(books: Books) -> int:
    return sum(books.net(Subject.ESCROW_BANK, part) for part in ("pool", "fees", "set_aside"))


def test_a_voucher_stands_with_its_approval_and_what_it_ends(two_months: Books) -> None:
    with opened(two_months) as session:
        about = made(session, two_months, JANUARY)
        listed = voucher_list(session, about, CHART)
        intent = voucher_list(session, about, CHART, 4).vouchers[0]
        with pytest.raises(XuqiaoError) as missing:
            voucher_list(session, about, CHART, 99)
    assert [voucher.number for voucher in listed.vouchers] == [*range(1, 9), about.voucher]
    assert listed.total_fen == yuan(20_000_000) + yuan("6000000.01") + yuan(7)
    assert (intent.kind, intent.resolves, intent.held_fen, intent.entries) == (
        PostingKind.INTEND,
        3,
        yuan(5_000_000),
        (),
    )
    assert intent.approval is not None
    assert (intent.approval.maker, intent.approval.checker, intent.approval.amount_fen) == (
        "maker",
        "checker",
        yuan(5_000_000),
    )
    (entry,) = listed.vouchers[4].entries
    assert (entry.debit_code, entry.debit_for, entry.credit_code) == ("1221.01", CASE, "1002.01")
    assert missing.value.params == {"fund": two_months.fund, "number": "99", "last": str(about.voucher)}


def test_a_report_says_what_it_was_made_from_and_takes_no_more(two_months: Books) -> None:
    with opened(two_months) as session:
        about = made(session, two_months, FEBRUARY)
        before = trial_balance(session, about, CHART)
        late = postings_of_the_year.interest(two_months.record(date(2026, 2, 28)), 1, reference="LX-2")
        number = two_months.post(late).voucher
        after = trial_balance(session, about, CHART)
        anew = made(session, two_months, FEBRUARY)
    assert before == after
    assert (about.voucher + 1, len(about.digest)) == (number, 64)
    assert (anew.voucher, anew.digest != about.digest) == (number, True)


def test_the_report_of_a_fund_tells_the_month(two_months: Books) -> None:
    with opened(two_months) as session:
        told = fund_report(session, made(session, two_months, FEBRUARY), 200_000)
    assert told.bridges.model_dump() == {
        "opening_fen": yuan("6000000.01"),
        "lent_fen": 0,
        "lent_cases": 0,
        "returned_fen": yuan(5_000_000),
        "written_off_fen": yuan("1000000.01"),
        "closing_fen": 0,
        "closing_cases": 0,
    }
    assert told.fees.model_dump() == {
        "received_fen": yuan("11000.07"),
        "vat_fen": yuan("622.65"),
        "spent_fen": yuan(500),
        "income_of_year_fen": yuan("10377.42"),
        "spent_of_year_fen": yuan(500),
        "limit_ppm": 200_000,
        "allowed_of_year_fen": yuan("2075.48"),
        "left_of_year_fen": yuan("1575.48"),
    }
    assert (told.interest_fen, told.charges_fen, told.recovered_fen) == (yuan("1409.50"), yuan(12), yuan(1_000))
    assert {part.part: part.closing_fen for part in told.escrow} == {
        part: two_months.net(Subject.ESCROW_BANK, part) for part in ("pool", "fees", "set_aside")
    }
    assert [(each.contributor, each.opening_fen, each.closing_fen) for each in told.capital] == [
        ("市财政", yuan(17_000_000), yuan(17_000_000)),
        ("省财政", yuan(3_000_000), yuan(3_000_000)),
    ]


def test_the_turnover_is_lending_by_the_average_fund(two_months: Books) -> None:
    """6,000,000.01 was lent in January: 3,000,000 for 15 days, 20,000,000 for 16 days, and for 28 in February."""
    with opened(two_months) as session:
        january = fund_report(session, made(session, two_months, JANUARY), None)
        february = fund_report(session, made(session, two_months, FEBRUARY), None)
    turnover = january.turnover
    assert (turnover.lent_fen, turnover.days) == (yuan("6000000.01"), 31)
    assert turnover.fund_days_fen == 15 * yuan(3_000_000) + 16 * yuan(20_000_000)
    assert (turnover.average_fen, turnover.times) == (yuan("11774193.55"), "0.51")
    assert (february.turnover.times, february.turnover_of_year.times) == ("0.00", "0.38")
    assert february.turnover_of_year.days == 59
    assert january.bridges.lent_cases == 2
    assert january.fees.allowed_of_year_fen is None


def test_what_was_taken_back_was_not_returned(two_months: Books) -> None:
    """A receipt booked on the wrong case is reversed: the report counts neither."""
    lend(two_months, "L-2026-00005-5", yuan(100), 2, 21)
    wrong = dated(two_months.receive("L-2026-00005-5", principal_fen=yuan(40), fee_fen=yuan(1)), 2, 22)
    two_months.post(wrong)
    about = postings_of_the_year.reverse(
        two_months.record(date(2026, 2, 23)), wrong.key, wrong.lines, approval="", case="L-2026-00005-5"
    )
    approval = two_months.allow_event(PostingKind.REVERSE, yuan(41), about=wrong.key, case="L-2026-00005-5")
    two_months.post(about.model_copy(update={"approval": approval}))
    with opened(two_months) as session:
        told = fund_report(session, made(session, two_months, FEBRUARY), None)
        listed = voucher_list(session, made(session, two_months, FEBRUARY), CHART)
    assert (told.bridges.lent_fen, told.bridges.returned_fen) == (yuan(100), yuan(5_000_000))
    assert told.fees.received_fen == yuan("11000.07")
    assert (told.bridges.closing_fen, told.without_due_day_fen) == (yuan(100), yuan(100))
    taken_back, taking_back = listed.vouchers[-2:]
    assert (taken_back.reversed_by, taking_back.reverses) == (taking_back.number, taken_back.number)


def test_a_book_that_is_not_open_has_an_empty_report(new_books: object) -> None:
    assert callable(new_books)
    books: Books = new_books()
    balance = trial(books, JANUARY)
    assert (balance.lines, balance.source.voucher, balance.totals.closing_debit_fen) == ((), 0, 0)
    with opened(books) as session:
        told = fund_report(session, made(session, books, JANUARY), None)
    assert (told.turnover.times, told.turnover.average_fen, told.expected) == (None, 0, ())
