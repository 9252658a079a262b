"""The invented case that papers are looked at with: on the day of each paper, all it tells has happened."""

from datetime import date

import pytest

from activities.papers.press import Press
from activities.papers.press.sample import SAMPLE, sample_of
from activities.papers.press.writing import fee_after
from rulebook.papers.kinds import PAPERS, DocumentKind
from tests.papers.samples import Read

PAST = ("paid_on", "returned_on")
"""Days that a paper which needs them cannot be older than."""


@pytest.mark.parametrize("kind", DocumentKind)
def test_a_paper_tells_nothing_that_is_still_to_come(kind: DocumentKind) -> None:
    data = sample_of(kind)
    for name in PAST:
        if name in PAPERS[kind].needs:
            assert getattr(data, name) <= data.issued_on, name
    if "principal_owed_fen" in PAPERS[kind].needs:
        assert all(receipt.on <= data.issued_on for receipt in data.receipts)
    if "answer_by" in PAPERS[kind].needs:
        assert data.answer_by is not None
        assert data.answer_by > data.issued_on


def test_a_reminder_comes_before_the_day_and_a_demand_after_it() -> None:
    due_on = SAMPLE.due_on
    assert due_on is not None
    assert (
        sample_of(DocumentKind.PAYMENT_REMINDER).issued_on <= due_on < sample_of(DocumentKind.PAYMENT_DEMAND).issued_on
    )
    correction = sample_of(DocumentKind.CORRECTION_NOTICE)
    assert correction.answer_by is not None
    assert correction.answer_by < correction.maturity


def test_what_is_owed_and_paid_is_what_the_tiers_cost() -> None:
    bridge, owed, fees = SAMPLE.bridge_fen, SAMPLE.principal_owed_fen, SAMPLE.fees
    assert bridge is not None
    assert owed is not None
    assert fees is not None
    (receipt,) = SAMPLE.receipts
    until_receipt = (receipt.on - date(2026, 3, 19)).days
    for kind in (DocumentKind.PAYMENT_REMINDER, DocumentKind.PAYMENT_DEMAND):
        data = sample_of(kind)
        later = fee_after(fees.spans(), owed, (data.issued_on - date(2026, 3, 19)).days)
        earlier = fee_after(fees.spans(), owed, until_receipt)
        assert data.fee_owed_fen == fee_after(fees.spans(), bridge, until_receipt) + later - earlier
    certificate = sample_of(DocumentKind.SETTLEMENT_CERTIFICATE)
    assert certificate.fee_fen == fee_after(fees.spans(), bridge, certificate.days_out or 0)


def test_the_demand_of_the_sample_is_overdue(press: Press, read: Read) -> None:
    text = read(press.render(DocumentKind.PAYMENT_DEMAND, sample_of(DocumentKind.PAYMENT_DEMAND)))
    assert "已逾期2日" in text
    assert "2026年4月3日（含当日）之前" in text
