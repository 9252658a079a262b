"""Who may bear money out that a bank only told of, and how references are compared."""

import pytest

from models.books.verification.references import compared
from rulebook.acts import RecoveryStanding, check_recovery
from rulebook.books.provisional import ProvisionalReceipt
from rulebook.books.references import folded
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor, ConfirmReceipt, OfficerAct
from rulebook.money import yuan
from rulebook.stages import Role

TOLD = ProvisionalReceipt(reference="LS-7", amount_fen=yuan(5), told_by=("qian.jd", "li.jing"))
LOOK_ALIKES = ("LS-1", "ls-1", "LS-1 ", "ＬＳ－１", "LS\u00ad-1", "LS-01", "LS\u200b1", "ls_001", "LS–1", "ＬＳ　１")


def confirm(receipt: ProvisionalReceipt, person: str, fen: int) -> None:
    body = ConfirmReceipt(reference="LS-7", amount_fen=fen, seen="网银")
    actor = Actor(id=person, name=person, role=Role.CASHIER, organisation="承办主体")
    standing = RecoveryStanding(outstanding_fen=0, owed_fen=0, provisional=(receipt,))
    check_recovery(OfficerAct(id="1", actor=actor, body=body), standing)


@pytest.mark.parametrize(
    ("receipt", "person", "fen", "code"),
    [
        (TOLD, "li.jing", yuan(5), "act.told_it_himself"),
        (TOLD, "qian.jd", yuan(5), "act.told_it_himself"),
        (TOLD, "zhao.na", yuan(4), "act.receipt_differs"),
        (TOLD.model_copy(update={"line_fen": yuan(4)}), "zhao.na", yuan(5), "act.statement_differs"),
        (TOLD.model_copy(update={"reference": "LS-8"}), "zhao.na", yuan(5), "act.no_provisional_receipt"),
    ],
)
def test_46_nobody_bears_out_what_he_told_nor_what_the_statement_denies(
    receipt: ProvisionalReceipt, person: str, fen: int, code: str
) -> None:
    confirm(TOLD, "zhao.na", yuan(5))
    with pytest.raises(XuqiaoError) as refusal:
        confirm(receipt, person, fen)
    assert refusal.value.code == code


def test_27_two_ways_of_writing_a_reference_are_one_for_the_writer_and_for_the_judge() -> None:
    assert {folded(each) for each in LOOK_ALIKES} == {compared(each) for each in LOOK_ALIKES} == {"ls-1"}
    others = ("LS-1", "LS-2", "LS-11", "LS-1-1", "LS-1F", "L-S1", "1-2", "12", "", "--", "0", "2026-01")
    assert len({folded(each) for each in others}) == len(others)
    assert [folded(each) for each in others] == [compared(each) for each in others]
