"""One line of the statement is booked once: however it is written, as whatever kind, in either book of a fund."""

import pytest
from sqlalchemy import text

from rulebook.books import postings
from rulebook.books import postings_of_the_year as year
from rulebook.books.acts import RISK_COMPENSATION
from rulebook.books.postings import LedgerRequest
from rulebook.books.references import folded
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.books.statement.account import FIRST_DAY, Account

LOOK_ALIKES = ("LS-1", "ls-1", "LS-1 ", "ＬＳ－１", "LS\u00ad-1", "LS-01", "LS\u200b1", "ls_001", "LS–1", "ＬＳ　１")


def capital(account: Account, reference: str, book: str = "") -> LedgerRequest:
    fund = book or account.fund
    return postings.capital_in(fund, "市财政", yuan(100), reference=reference, on=FIRST_DAY, actor_id="li.jing")


def refusal(account: Account, request: LedgerRequest) -> str:
    with pytest.raises(XuqiaoError) as refused:
        account.post(request)
    return refused.value.code


@pytest.mark.parametrize("written", LOOK_ALIKES)
def test_27_a_line_written_otherwise_is_the_same_line_for_every_kind_and_either_book(
    account: Account, written: str
) -> None:
    account.post(capital(account, "LS-1"))
    record = account.record()
    asked = (
        year.interest(record, yuan(100), reference=written),
        year.prepay(record, f"{account.fund}-X", yuan(100), reference=written),
        postings.unmatched_receipt(
            account.fund, yuan(100), reference=written, on=FIRST_DAY, actor_id="li.jing", evidence="x"
        ),
        capital(account, written, account.fund + RISK_COMPENSATION),
    )
    assert {refusal(account, each) for each in asked} == {"ledger.reference_used"}
    account.post(year.interest(record, yuan(100), reference="LS-2"))
    assert account.faults() == []


def test_27_what_was_taken_back_may_be_booked_as_what_it_is(account: Account) -> None:
    account.post(wrong := capital(account, "LS-1"))
    account.take_back(wrong.key)
    account.post(year.interest(account.record(), yuan(100), reference="ls-01"))
    assert refusal(account, year.interest(account.record(), yuan(100), reference="LS 1")) == "ledger.reference_used"
    assert account.faults() == []


def test_27_the_database_folds_as_the_rules_do(account: Account) -> None:
    others = ("L-S1", "1-2", "12", "0", "--", "2026-01-007", "流水号 008", "a\u3000b", "Ａ．１")
    with account.session() as session:
        for each in (*LOOK_ALIKES, *others):
            assert session.connection().execute(text("SELECT ledger.folded(:it)"), {"it": each}).scalar() == folded(
                each
            )
