"""A ring-fenced account belongs to one fund."""

import pytest
from sqlalchemy import Engine

from models.database import sessions
from models.funds.funds import Fund, add_fund
from rulebook.errors import XuqiaoError


def a_fund(code: str, number: str) -> Fund:
    return Fund(
        code=code,
        name="资金池",
        operator="承办主体",
        gateway="counter",
        escrow_name="专户",
        escrow_number=number,
        escrow_bank="晶都农村商业银行",
    )


@pytest.mark.parametrize(
    "again", ["6222 0000 7777 0001", "6222000077770001", "6222-0000-7777-0001", "６２２２0000７７７７0001"]
)
def test_34_two_funds_on_one_account_are_refused(app_engine: Engine, again: str) -> None:
    with sessions(app_engine)() as session:
        add_fund(session, a_fund("ONE", "6222 0000 7777 0001"))
        add_fund(session, a_fund("ONE", "6222 0000 7777 0001"))
        add_fund(session, a_fund("TWO", "6222 0000 7777 0002"))
        with pytest.raises(XuqiaoError) as refused:
            add_fund(session, a_fund("THREE", again))
        assert (refused.value.code, refused.value.params["other"]) == ("fund.account_taken", "ONE")
        session.rollback()
