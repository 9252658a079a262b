"""Every journal the rulebook can make, for one case of one fund, and what it moves."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

from rulebook.books import postings as p
from rulebook.books import postings_of_the_year as y
from rulebook.books.postings import Account, Entry, LedgerRequest, PostingKind, Subject
from rulebook.books.postings_of_the_year import NetBalance, Record
from rulebook.money import format_yuan

FUND, CASE, OTHER_CASE = "DH", "DH-2026-00017-4", "DH-2026-00018-2"
TODAY = date(2026, 3, 2)
RECORD = Record(fund=FUND, on=TODAY, actor_id="maker", evidence="e1")
Moved = Counter[tuple[Subject, str]]


def entries_of(request: LedgerRequest) -> list[str]:
    """The entries as a voucher shows them: debit, credit, yuan."""
    return [written(line) for line in request.lines]


def written(line: Entry) -> str:
    sides = (f"{account.subject}/{account.dimension}" for account in (line.debit, line.credit))
    return " ".join([*sides, format_yuan(line.amount_fen)])


def moved(requests: Iterable[LedgerRequest]) -> Moved:
    """What journals add to each account, debits positive."""
    sums: Moved = Counter()
    for request in requests:
        for line in request.lines:
            sums[line.debit.subject, line.debit.dimension] += line.amount_fen
            sums[line.credit.subject, line.credit.dimension] -= line.amount_fen
    return Counter({account: fen for account, fen in sums.items() if fen})


def of_subject(sums: Moved, *subjects: Subject) -> int:
    """Of all accounts of some subjects, debits positive."""
    return sum(fen for (subject, _), fen in sums.items() if subject in subjects)


def some_journals(first: int, second: int, third: int) -> dict[PostingKind, list[LedgerRequest]]:
    """Journals of every kind, by kind: with all the entries that the kind can have, of three amounts in fen."""
    record, case = RECORD, CASE
    signed: dict[str, Any] = {"on": TODAY, "actor_id": "cashier"}
    parts: dict[str, Any] = {"principal_fen": first, "fee_fen": second, "excess_fen": third}
    terms: dict[str, Any] = {"attempt": 1, "terms_digest": "t1"}
    hold = p.leg_key(FUND, case, "reserve")
    by_two = {"approval": "DH/desk/1", "reference": "ZF-1"}
    spent = y.spend(record, "office", first, **by_two, limit_ppm=200_000)
    journals = [
        p.capital_in(FUND, "市财政", first, reference="ZB-1", **signed),
        p.reserve(FUND, case, first, **terms, **signed),
        p.release_hold(FUND, case, attempt=1, hold=hold, **signed),
        p.intend_payment(FUND, case, first, payment=1, hold=hold, payee="p1", **terms, **signed),
        p.payment_failed(FUND, case, first, payment=1, terms_digest="t1", **signed),
        p.disburse(FUND, case, first, "ZF-1", payment=1, terms_digest="t1", **signed),
        p.receive(FUND, case, "return", **parts, reference="LS-1", **signed),
        p.unmatched_receipt(FUND, first, reference="LS-2", **signed),
        y.prepay(record, case, first, reference="LS-3"),
        y.true_up(record, case, first),
        y.refund_prepaid(record, case, first, reference="ZF-2"),
        y.refund(record, first, payee="p1", case=case, **by_two),
        y.refund(record, first, payee="p1", line="LS-2", **by_two),
        y.match(record, case, "LS-2", **parts),
        y.guarantor_match(record, case, "LS-2", **parts),
        y.guarantor_in(record, case, **parts, reference="LS-4"),
        y.interest(record, first, reference="LX-1"),
        y.charge(record, first, reference="SX-1"),
        y.vat(record, case, first, invoice="FP-1"),
        y.vat_paid(record, first, reference="SW-1"),
        spent,
        y.write_off(record, case, first, approval="DH/desk/2", decision="HX-1"),
        y.recover(record, case, first, reference="LS-5"),
        y.compensate(record, case, first, payee="p2", **by_two),
        y.capital_out(record, "市财政", first, **by_two),
        y.carry_over(record, 2026, a_years_balances(first, second), third),
        y.reverse(record, spent.key, spent.lines, approval="DH/desk/3"),
    ]
    by_kind: dict[PostingKind, list[LedgerRequest]] = {}
    for journal in journals:
        by_kind.setdefault(journal.kind, []).append(journal)
    return by_kind


def a_years_balances(income_fen: int, cost_fen: int) -> list[NetBalance]:
    """Something on every account that a year's end empties, and on two that it leaves alone."""
    nets = [
        *((subject, income_fen) for subject in y.INCOMES),
        *((subject, cost_fen) for subject in y.COSTS),
        (Subject.OUTPUT_VAT, 7),
        (Subject.BRIDGE_RECEIVABLE, 9),
    ]
    return [NetBalance(account=Account(subject=subject, dimension="any"), net_fen=net) for subject, net in nets]
