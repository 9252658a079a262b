"""A voucher of a case is taken back by two people."""

import itertools

from activities.books import desk as book_desk
from activities.books.desk import Doors
from models.books import ledger
from rulebook.books.acts import Reverse
from rulebook.books.postings import PostingKind
from tests.acceptance.fund.fund import CHECKER, MAKER, TestedFund

_KEYS = itertools.count(1)


async def take_back(fund: TestedFund, case: str, which: int = 0) -> None:
    """The bank took a return back: two people reverse its voucher."""
    doors = Doors(fund.services.desk_sessions.begin, fund.services.sessions.begin)
    with fund.services.sessions() as session:
        returns = [v for v in ledger.vouchers(session, fund.code, case) if v.kind is PostingKind.RECEIVE]
    act = Reverse(voucher=returns[which].number, reason="银行退回该笔回款")
    row = book_desk.propose(doors, key=f"{case}/{next(_KEYS)}", book=fund.code, act=act, evidence="0" * 64, maker=MAKER)
    assert row.number is not None
    assert book_desk.approve(doors, row.number, checker=CHECKER).state == "posted"
    await fund.settle()
