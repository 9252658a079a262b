"""What may take the place of a date that was recorded wrongly."""

from datetime import date, timedelta

import pytest

from rulebook.calendars.corrected import FIELDS, Stated, StatedDates, check_date
from rulebook.calendars.in_order import KnownDays
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    CollateralRegistered,
    DateCorrection,
    Dated,
    NewLoan,
    OldLoanSettled,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
    RecordSigning,
)

DAY = timedelta(days=1)
RECEIVED, APPROVED, PAID, SETTLED, TODAY = (date(2026, 3, day) for day in (2, 4, 6, 9, 12))
KNOWN = KnownDays(today=TODAY, received=RECEIVED, approved=APPROVED, paid=PAID, settled=SETTLED)
STATED = StatedDates(
    (
        Stated("s", RecordSigning(signed_on=APPROVED + DAY, return_path_confirmed=True)),
        Stated("b", OldLoanSettled(settled_on=SETTLED, balance_fen=0, voucher="HK1")),
        Stated("c", CollateralRegistered(registered_on=SETTLED + DAY, certificate="他项1号")),
        Stated("n", NewLoan(signed_on=SETTLED + DAY, note="JJ1", amount_fen=1)),
    ),
    KNOWN,
)


def refusal(said: Dated, was: date, now: date) -> XuqiaoError | None:
    try:
        check_date(DateCorrection(said=said, was=was, now=now), STATED)
    except XuqiaoError as refused:
        return refused
    return None


def test_45_every_date_on_which_something_happened_can_be_corrected() -> None:
    assert FIELDS == {
        Dated.RECORD_SIGNING: "signed_on",
        Dated.OLD_LOAN_SETTLED: "settled_on",
        Dated.COLLATERAL_REGISTERED: "registered_on",
        Dated.NEW_LOAN: "signed_on",
        Dated.RECEIPT: "received_on",
    }


@pytest.mark.parametrize(
    ("said", "was", "now", "milestone"),
    [
        (Dated.RECORD_SIGNING, APPROVED + DAY, APPROVED - DAY, "approved"),
        (Dated.RECORD_SIGNING, APPROVED + DAY, PAID + DAY, "paid"),
        (Dated.OLD_LOAN_SETTLED, SETTLED, PAID - DAY, "paid"),
        (Dated.COLLATERAL_REGISTERED, SETTLED + DAY, SETTLED - DAY, "settled"),
        (Dated.NEW_LOAN, SETTLED + DAY, TODAY + DAY, "today"),
        # The others must still be in order: registration and the new loan come after the settlement.
        (Dated.OLD_LOAN_SETTLED, SETTLED, TODAY, "settled"),
    ],
)
def test_45_no_date_is_put_out_of_order(said: Dated, was: date, now: date, milestone: str) -> None:
    refused = refusal(said, was, now)
    assert refused is not None
    assert refused.params["milestone"] == milestone


def test_45_what_fits_is_taken_and_what_is_not_recorded_is_named() -> None:
    assert refusal(Dated.OLD_LOAN_SETTLED, SETTLED, SETTLED + DAY) is None
    other = refusal(Dated.OLD_LOAN_SETTLED, SETTLED + DAY, SETTLED)
    same = refusal(Dated.OLD_LOAN_SETTLED, SETTLED, SETTLED)
    none = refusal(Dated.RECEIPT, SETTLED, SETTLED + DAY)
    assert [(each.code, each.params.get("known")) for each in (other, same, none) if each] == [
        ("act.no_such_date", str(SETTLED)),
        ("act.date_unchanged", None),
        ("act.no_such_date", "-"),
    ]


def test_45_of_two_receipts_of_one_day_the_reference_says_which() -> None:
    stated = [
        Stated(
            name,
            Receipt(
                received_on=TODAY,
                lines=(ReceiptLine(purpose=ReceiptPurpose.FEE, amount_fen=1, reference=name, payer=""),),
            ),
        )
        for name in ("LS1", "LS2")
    ]
    asked = DateCorrection(said=Dated.RECEIPT, was=TODAY, now=TODAY - DAY)
    assert [each.is_meant(asked) for each in stated] == [True, True]
    assert [each.is_meant(asked.model_copy(update={"reference": "LS2"})) for each in stated] == [False, True]
    with pytest.raises(XuqiaoError) as refused:
        check_date(asked, StatedDates(tuple(stated), KNOWN))
    assert (refused.value.code, refused.value.params["references"]) == ("act.date_ambiguous", "LS1, LS2")
