"""Every date that people and banks say has its place among the days that a case knows."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import get_args

import pytest
from pydantic import BaseModel

from rulebook.acts import judge
from rulebook.calendars.in_order import DATES, KnownDays, misdated
from rulebook.cases import BankAnswer
from rulebook.errors import XuqiaoError
from rulebook.messages import (
    ActBody,
    Actor,
    CollateralRegistered,
    MessageBody,
    NewLoan,
    NotRenewing,
    OfficerAct,
    OldLoanSettled,
    Opinion,
    Receipt,
    ReceiptLine,
    ReceiptPurpose,
    RecordSigning,
)
from rulebook.stages import CaseStage, Role
from tests.rulebook.standings import PROMISE, RELEASE_DAY, a_proposed_case

RECEIVED, APPROVED, PAID, SETTLED, TODAY = (date(2026, 3, day) for day in (2, 4, 6, 9, 12))
KNOWN = KnownDays(today=TODAY, received=RECEIVED, approved=APPROVED, paid=PAID, settled=SETTLED)
LINE = ReceiptLine(purpose=ReceiptPurpose.PRINCIPAL, amount_fen=1, reference="LS1", payer="本公司")
DAY = timedelta(days=1)


def dates_of(model: type[BaseModel]) -> Iterator[str]:
    """The fields of a body that hold a day, also those of what it holds in turn."""
    for name, field in model.model_fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        if date in kinds:
            yield name
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from dates_of(kind)


def test_45_each_date_of_each_act_and_message_stands_in_the_table() -> None:
    bodies = [body for each in (ActBody, MessageBody) for body in get_args(get_args(each)[0])]
    assert {(body, name) for body in bodies for name in dates_of(body)} == set(DATES)


def settled(on: date) -> OldLoanSettled:
    return OldLoanSettled(settled_on=on, balance_fen=0, voucher="HK1")


def registered(on: date) -> CollateralRegistered:
    return CollateralRegistered(registered_on=on, certificate="他项1号")


def new_loan(on: date) -> NewLoan:
    return NewLoan(signed_on=on, note="JJ2", amount_fen=1)


def receipt(on: date) -> Receipt:
    return Receipt(received_on=on, lines=(LINE,))


def signing(on: date) -> RecordSigning:
    return RecordSigning(signed_on=on, return_path_confirmed=True)


@pytest.mark.parametrize(
    ("said", "since", "until", "refusal"),
    [
        (signing, APPROVED, PAID, "act.date_too"),
        (settled, PAID, TODAY, "message.date_too"),
        (registered, SETTLED, TODAY, "message.date_too"),
        (new_loan, SETTLED, TODAY, "message.date_too"),
        (receipt, PAID, TODAY, "message.receipt_date"),
    ],
)
def test_45_a_date_lies_between_what_came_before_and_after(said: type, since: date, until: date, refusal: str) -> None:
    assert misdated(said(since), KNOWN) is None
    assert misdated(said(until), KNOWN) is None
    early, late = misdated(said(since - DAY), KNOWN), misdated(said(until + DAY), KNOWN)
    assert early is not None
    assert early.code.startswith(refusal)
    assert late is not None
    assert late.code.startswith(refusal)
    assert str(since) in early.params.values()
    assert str(since - DAY) in early.params.values()
    assert str(until) in late.params.values()
    assert str(until + DAY) in late.params.values()


def test_45_where_a_milestone_is_not_known_the_one_before_it_bounds() -> None:
    early = misdated(new_loan(RECEIVED - DAY), KnownDays(today=TODAY, received=RECEIVED))
    assert early is not None
    assert early.params["milestone"] == "received"
    assert misdated(new_loan(RECEIVED - DAY), KnownDays(today=TODAY)) is None


def test_45_contracts_that_were_promised_early_may_be_signed_before_the_settlement() -> None:
    assert misdated(new_loan(RECEIVED), KNOWN._replace(signed_early=True)) is None
    assert misdated(new_loan(RECEIVED - DAY), KNOWN._replace(signed_early=True)) is not None


def test_45_nothing_has_happened_later_than_today_and_a_promise_that_ran_out_is_still_heard() -> None:
    late = misdated(NotRenewing(reason="收紧"), KNOWN, TODAY + DAY)
    assert late is not None
    assert (late.code, late.params["field"]) == ("message.date_too_late", "occurred_at")
    ran_out = PROMISE.model_copy(update={"valid_until": RECEIVED})
    assert misdated(Opinion(answer=BankAnswer.REPAY_THEN_LEND, promise=ran_out), KNOWN, TODAY) is None


@pytest.mark.parametrize(("on", "code"), [(date(2030, 1, 1), "late"), (date(2026, 3, 3), "early")])
def test_45_a_signing_in_the_future_or_before_the_approval_is_refused(on: date, code: str) -> None:
    case = a_proposed_case()
    case.approved_on = date(2026, 3, 4)
    actor = Actor(id="maker", name="李敬", role=Role.MAKER, organisation="承办主体")
    with pytest.raises(XuqiaoError) as refused:
        judge(OfficerAct(id="1", actor=actor, body=signing(on)), CaseStage.AGREEMENT, None, case, RELEASE_DAY)
    assert refused.value.code == f"act.date_too_{code}"
    judge(OfficerAct(id="2", actor=actor, body=signing(RELEASE_DAY)), CaseStage.AGREEMENT, None, case, RELEASE_DAY)
