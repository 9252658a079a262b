"""The statement of the ring-fenced account against a fund's books, on the real database."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from activities.books.statement.taking_in import LineState
from models.books import ledger, statements
from models.database import sessions
from models.funds import people
from rulebook.books import postings
from rulebook.books.postings_of_the_year import charge, interest
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor
from rulebook.money import yuan
from rulebook.stages import Role
from tests.books.statement.account import CAPITAL, EXAMPLES, FIRST_DAY, HEADINGS, NEXT_DAY, Account, faults, states

# Import --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["statement.csv", "statement.xlsx"])
def test_the_example_is_taken_in_once_and_again_changes_nothing(account: Account, name: str) -> None:
    first = account.take_in_file(EXAMPLES / name)
    assert states(first) == {
        "2025-CZ-0817": LineState.IN_BOOKS,
        "JX20250921000001": LineState.INTEREST,
        "SX20250930000007": LineState.CHARGE,
        "HR20251112000033": LineState.SUSPENSE,
        "HR20251128000012": LineState.SUSPENSE,
    }
    assert first.whole
    assert all(row.new for row in first.rows)
    waiting = account.waiting()
    assert waiting == {"HR20251112000033": yuan(50_000), "HR20251128000012": yuan(1_000)}

    second = account.take_in_file(EXAMPLES / "statement.csv")
    assert states(second) == states(first)
    assert not any(row.new for row in second.rows)
    assert account.waiting() == waiting
    assert account.faults() == []


def test_what_waits_for_its_case_is_in_the_books_and_cannot_be_lent(account: Account) -> None:
    account.take_in(CAPITAL, "2026-03-02,LS1,,5000000.00,25000000.00,某某,622,往来")
    with account.session() as session:
        pool = ledger.pool(session, account.fund)
        assert statements.escrow_parts(session, account.fund, FIRST_DAY) == {
            "pool": yuan(20_000_000),
            "set_aside": yuan(5_000_000),
        }
    assert pool.available_fen == yuan(20_000_000)


def test_a_wrong_row_is_named_and_nothing_else_is_lost(account: Account) -> None:
    report = account.take_in(
        "2026-02-30,LS1,,1.00,,甲,,",
        "2026-03-02,LS2,,2.00,,乙,,",
        "2026-03-03,LS3,,3.00,,丙,,",
    )
    assert faults(report) == [(2, "statement.not_a_day"), (4, "statement.day_to_come")]
    assert account.waiting() == {"LS2": yuan(2)}
    assert report.taken
    assert not report.whole
    again = account.take_in("2026-03-01,LS1,,1.00,,甲,,")
    assert again.whole
    assert account.waiting() == {"LS1": yuan(1), "LS2": yuan(2)}


def test_5_a_statement_whose_balances_do_not_run_books_nothing(account: Account) -> None:
    report = account.take_in(
        CAPITAL,
        "2026-02-30,LS1,,1.00,20000001.00,甲,,",
        "2026-03-02,LS2,,2.00,20000003.00,乙,,",
    )
    assert [(each.row, each.expected_fen, each.stated_fen) for each in report.breaks] == [
        (4, yuan(20_000_002), yuan(20_000_003))
    ], "the missing line shows in the running balance"
    assert faults(report) == [(3, "statement.not_a_day")]
    assert not report.taken
    assert account.waiting() == {}
    with account.session() as session:
        assert statements.lines_of(session, account.fund) == []


def test_one_reference_and_nothing_else_to_tell_lines_apart(account: Account) -> None:
    report = account.take_in("2026-03-02,LS1,,1.00,,甲,,", "2026-03-02,LS1,,2.00,,乙,,", "2026-03-02,LS1,,1.00,,甲,,")
    assert faults(report) == [(4, "statement.line_repeated")]
    assert [row.new for row in report.rows] == [True, True, None]
    assert account.waiting() == {"LS1-1": yuan(1), "LS1-2": yuan(2)}


def test_equal_lines_without_a_reference_are_each_a_line_and_the_file_read_again_adds_none(account: Account) -> None:
    rows = ["2026-03-02,,,1.00,,甲,622,", "2026-03-02,,,1.00,,甲,622,"]
    first, second = account.take_in(*rows), account.take_in(*rows)
    assert [row.new for row in first.rows] == [True, True]
    assert [row.new for row in second.rows] == [False, False]
    assert sorted(account.waiting().values()) == [yuan(1), yuan(1)]


def test_the_file_of_another_account_is_refused_whole(account: Account) -> None:
    path = account.folder / "other.csv"
    path.write_text(f"账号,6228480111112222,,,,,,\n{HEADINGS}\n{CAPITAL}", encoding="utf-8")
    with pytest.raises(XuqiaoError) as refused:
        account.take_in_file(path)
    assert (refused.value.code, refused.value.params["found"]) == ("statement.other_account", "************2222")
    with account.session() as session:
        assert statements.lines_of(session, account.fund) == []


def test_two_who_take_in_the_same_file_at_once_book_it_once(account: Account) -> None:
    path, both, reports = account.file("2026-03-02,LS1,,1.00,,甲,,", "2026-03-02,LS2,,2.00,,乙,,"), Barrier(4), []

    def take_in() -> None:
        both.wait()
        reports.append(account.take_in_file(path))

    threads = [Thread(target=take_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(row.new is True for report in reports for row in report.rows) == 2
    assert account.waiting() == {"LS1": yuan(1), "LS2": yuan(2)}


def test_in_a_closed_period_the_line_is_kept_and_its_booking_follows(account: Account) -> None:
    with sessions(account.desk).begin() as session:
        ledger.close_books(session, account.fund, FIRST_DAY, "wang.he")
    report = account.take_in(CAPITAL, "2026-03-02,LS1,,1.00,20000001.00,甲,,")
    assert faults(report) == [(3, "ledger.period_closed")]
    assert account.waiting() == {}
    account.open_day(NEXT_DAY)
    assert faults(account.take_in(CAPITAL, "2026-03-02,LS1,,1.00,20000001.00,甲,,")) == []
    assert account.waiting() == {"LS1": yuan(1)}


# A day's end ---------------------------------------------------------------------------------------------------


def test_what_the_bank_does_itself_is_a_task_until_an_officer_has_booked_it(account: Account) -> None:
    account.take_in(CAPITAL, "2026-03-02,JX1,,88.80,20000088.80,,,结息", "2026-03-02,SX1,10.00,,20000078.80,,,手续费")
    end = account.day_end().reconciliation
    assert (end.statement_fen, end.books_fen) == (yuan("20000078.80"), yuan(20_000_000))
    assert [(each.kind, each.about, each.effect_fen) for each in end.differences] == [
        ("not_in_books", "JX1", yuan("88.80")),
        ("not_in_books", "SX1", yuan(-10)),
    ]
    account.post(interest(account.record(), yuan("88.80"), reference="JX1"))
    account.post(
        postings.receive(
            account.fund, "C-1", "return", fee_fen=yuan(50), reference="F1", on=FIRST_DAY, actor_id="li.jing"
        )
    )
    account.post(charge(account.record(), yuan(10), reference="SX1"))
    account.take_in("2026-03-02,F1,,50.00,20000128.80,乙,,使用费")
    end = account.day_end().reconciliation
    assert end.equal
    assert end.statement_fen == yuan("20000128.80")
    assert account.tasks() == []
    assert [(each.about, each.state) for each in account.tasks(resolved=True)] == [
        ("JX1", "resolved"),
        ("SX1", "resolved"),
    ]


def test_a_difference_of_one_fen_is_a_difference(account: Account) -> None:
    account.post(interest(account.record(), yuan("88.80"), reference="JX1"))
    account.take_in(CAPITAL, "2026-03-02,JX1,,88.81,20000088.81,,,结息")
    end = account.day_end().reconciliation
    (found,) = end.differences
    assert not end.equal
    assert (found.kind, found.statement_fen, found.books_fen) == ("amounts_differ", 8_881, 8_880)


def test_what_the_books_have_and_the_statement_lacks_is_a_task(account: Account) -> None:
    account.post(interest(account.record(), yuan(7), reference="JX-WRONG"))
    account.take_in(CAPITAL, "2026-03-02,JX1,,7.00,20000007.00,,,结息")
    end = account.day_end().reconciliation
    assert end.statement_fen == end.books_fen, "the same sum for the wrong reason is not equal"
    assert not end.equal
    assert {(each.kind, each.about) for each in account.tasks()} == {
        ("not_in_books", "JX1"),
        ("not_on_statement", "JX-WRONG"),
    }


def test_a_task_is_explained_by_somebody_and_resolved_when_the_books_agree(account: Account) -> None:
    account.take_in(CAPITAL, "2026-03-02,JX1,,7.00,20000007.00,,,结息")
    account.day_end()
    (task,) = account.tasks()
    assert (task.state, task.found_on, task.statement_fen, task.books_fen) == ("open", FIRST_DAY, 700, None)
    with sessions(account.app).begin() as session:
        statements.explain(session, task.id or 0, by="wang.he", reason="结息单未到")
    account.day_end()
    (task,) = account.tasks()
    assert (task.state, task.explained_by, task.reason) == ("explained", "wang.he", "结息单未到")
    assert task.explained_at is not None
    account.post(interest(account.record(), yuan(6), reference="JX1"))
    account.day_end()
    gone, now = account.tasks(resolved=True)
    assert (gone.state, gone.reason) == ("resolved", "结息单未到"), "what it was explained with stays on record"
    assert (now.kind, now.state, now.reason) == ("amounts_differ", "open", None), "and does not cover what is new"
    with pytest.raises(XuqiaoError, match=r"statement\.difference_resolved"), account.session() as session:
        statements.explain(session, gone.id or 0, by="wang.he", reason="again")


def test_a_missing_line_between_two_files_is_found(account: Account) -> None:
    account.take_in(CAPITAL)
    assert account.take_in("2026-03-02,LS2,,2.00,20000003.00,甲,,").whole, "this file alone is in order"
    (found,) = account.day_end().reconciliation.differences
    assert (found.kind, found.about, found.effect_fen) == ("balance_break", "LS2", yuan(1))
    account.take_in("2026-03-01,LS1,,1.00,20000001.00,乙,,")
    assert account.day_end().reconciliation.equal


def test_money_of_yesterday_told_today_is_a_matter_of_time(account: Account) -> None:
    account.take_in(CAPITAL)
    account.open_day(NEXT_DAY)
    account.take_in("2026-03-02,LS1,,1.00,20000001.00,甲,,")
    (found,) = account.day_end(FIRST_DAY).reconciliation.differences
    assert (found.kind, found.follows_on) == ("not_in_books", NEXT_DAY), "the accounting date is the open day"
    assert account.tasks() == []
    assert account.day_end(NEXT_DAY).reconciliation.equal


def test_money_that_was_wrongly_kept_waiting_is_booked_right_after_a_reversal(account: Account) -> None:
    account.take_in(CAPITAL, "2026-03-02,ZB2,,500.00,20000500.00,东海县财政局,,拨款")
    account.take_back(f"{account.fund}/unmatched/ZB2")
    assert account.waiting() == {}
    assert [each.about for each in account.day_end().reconciliation.differences] == ["ZB2"]
    assert account.waiting() == {}, "what two people took back is not put there again"
    account.post(
        postings.capital_in(account.fund, "东海县财政局", yuan(500), reference="ZB2", on=FIRST_DAY, actor_id="li.jing")
    )
    assert account.day_end().reconciliation.equal
    assert account.faults() == []


# Who and what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("person", "role"), [("li.jing", Role.MAKER), ("wang.he", Role.CHECKER)])
def test_makers_and_checkers_keep_the_statement(account: Account, person: str, role: Role) -> None:
    with account.session() as session:
        keeper: Actor = people.keeper(session, person, account.fund)
    assert (keeper.id, keeper.role) == (person, role)


@pytest.mark.parametrize("person", ["zhao.na", "qian.jd"])
def test_the_cashier_and_the_bank_do_not(account: Account, person: str) -> None:
    with account.session() as session, pytest.raises(XuqiaoError, match=r"person\.not_in_role"):
        people.keeper(session, person, account.fund)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE statement_line SET amount_fen = 1",
        "DELETE FROM statement_line",
        "UPDATE statement_pair SET movement = 'X'",
        "DELETE FROM statement_pair",
        "DELETE FROM statement_difference",
        "UPDATE statement_difference SET about = 'X'",
    ],
)
@pytest.mark.parametrize("role", ["app", "desk"])
def test_what_is_on_record_stays(account: Account, role: str, statement: str) -> None:
    engine: Engine = getattr(account, role)
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ("state = 'explained'", "explained_has_its_reason"),
        ("reason = '没有人说'", "explained_by_somebody"),
        ("state = 'resolved'", "resolved_has_its_moment"),
        ("resolved_at = now()", "resolved_has_its_moment"),
    ],
)
def test_the_database_wants_to_know_who_when_and_why(account: Account, changed: str, broken: str) -> None:
    account.take_in(CAPITAL, "2026-03-02,JX1,,7.00,20000007.00,,,结息")
    account.day_end()
    change = text(f"UPDATE statement_difference SET {changed} WHERE fund = :fund")
    with account.app.connect() as connection, pytest.raises(IntegrityError, match=broken):
        connection.execute(change, {"fund": account.fund})
