"""Ways into the books that somebody tried: with spellings, with dates, with remarks, with what two people allowed."""

import json
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from models.books import ledger, seals
from models.books.seals import new_key
from models.bootstrap import APP, DESK
from models.database import sessions
from rulebook.books import postings
from rulebook.books.postings import PostingKind
from rulebook.books.postings_of_the_year import interest, refund
from rulebook.errors import XuqiaoError
from rulebook.money import yuan
from tests.books.conftest import TODAY, Books
from tests.books.door.attacks import TABLES, at_the_door, attempt, seen_by, with_guards_back

CASE = "L-2026-00001-1"
BRIDGE = yuan(5_000_000)


def by_superuser(superuser: Connection, *statements: tuple[str, Sequence[object]]) -> None:
    """Edits with every guard off, and the guards back as a careful intruder would leave them."""
    for table in TABLES:
        superuser.exec_driver_sql(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL")
    for statement, params in statements:
        assert superuser.exec_driver_sql(statement, tuple(params)).rowcount, statement
    for table in TABLES:
        superuser.exec_driver_sql(f"ALTER TABLE ledger.{table} ENABLE TRIGGER ALL")
        with_guards_back(superuser, table)


# What no book could hold ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["infinity", "-infinity", "0044-03-15 BC", "1066-10-14", "10000-01-01"])
def test_a_day_that_no_period_could_hold_is_refused(books: Books, app_engine: Engine, day: str) -> None:
    request = books.receive(CASE, excess_fen=5).wire() | {"accounting_date": day}
    assert at_the_door(app_engine, request)["rule"] == "journal_dated"
    closing = "SELECT ledger.close_books(:b, CAST(:d AS date), 'checker')"
    if day in ("infinity", "10000-01-01"):  # beyond the open business day, whatever it is
        with books.desk.begin() as connection:
            answer = connection.execute(text(closing), {"b": books.fund, "d": day}).scalar_one()
        assert answer["refused"] == "beyond_open_day"
    else:
        assert "closing_dated" in str(attempt(books.desk, closing, b=books.fund, d=day))
    assert books.faults() == []


@pytest.mark.parametrize("about", ["", "anything"])
def test_a_remark_that_no_row_would_keep_is_refused(books: Books, app_engine: Engine, about: str) -> None:
    """Nobody could ever put such a request together again from its rows: the check would never pass any more."""
    receipt = books.receive(CASE, excess_fen=5)
    assert at_the_door(app_engine, receipt.wire() | {"about": about})["refused"] == "not_permitted"
    books.post(receipt)
    allowed = books.allow_event(PostingKind.REVERSE, 5, about=receipt.key, case=CASE)
    taken_back = books.reverse(receipt, allowed)
    assert at_the_door(app_engine, taken_back.wire() | {"about": about})["refused"] == "not_permitted"
    books.post(taken_back)
    assert books.faults() == []


def test_a_book_is_not_opened_by_what_is_refused(new_books: Callable[[], Books], app_engine: Engine) -> None:
    books = new_books()
    request = postings.capital_in(books.fund, "市财政", 5, reference="ZB-1", on=TODAY, actor_id="maker").wire()
    request["lines"][0][4] = -5
    assert at_the_door(app_engine, request)["rule"] == "posting_above_zero"
    with sessions(app_engine)() as session:
        assert books.fund not in ledger.books(session)


# What two people allowed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checker", ["Maker", "maker ", "\tmaker", "ｍaker", "ma\u200bker", "maker\u3000", "MAKER\n"])
def test_two_spellings_are_not_two_people(books: Books, checker: str) -> None:
    approval = books.approval(CASE, BRIDGE)
    with pytest.raises(XuqiaoError) as refused:
        books.allow(approval.model_copy(update={"checker": checker}))
    assert refused.value.code == "ledger.same_person"
    books.allow(approval.model_copy(update={"checker": "张三"}))


@pytest.mark.parametrize("field", ["maker", "checker"])
def test_blank_is_nobody(books: Books, field: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        books.allow(books.approval(CASE, BRIDGE).model_copy(update={field: " \u3000\u200b"}))
    assert refused.value.params["rule"] == f"approval_{field}_check"


def test_what_is_paid_back_to_a_case_is_what_is_owed_to_it(books: Books, app_engine: Engine) -> None:
    books.post(postings.unmatched_receipt(books.fund, yuan(7), reference="X-1", on=TODAY, actor_id="maker"))
    books.post(books.receive(CASE, excess_fen=yuan(5)))
    allowed = books.allow_event(PostingKind.REFUND, yuan(5), about="p1", case=CASE)
    paid_back = refund(books.record(), yuan(5), approval=allowed, payee="p1", reference="TK-1", case=CASE)
    from_another = paid_back.wire() | {"lines": [["unmatched", "X-1", "escrow_bank", "set_aside", yuan(5)]]}
    assert at_the_door(app_engine, from_another)["refused"] == "not_permitted"
    books.post(paid_back)
    assert books.faults() == []


def test_an_approval_is_void_by_the_order_of_events_and_not_by_the_clock(books: Books, superuser: Connection) -> None:
    """A server's clock that is put back an hour between approval and release revives nothing."""
    books.post(books.reserve(CASE, BRIDGE))
    books.allow(books.approval(CASE, BRIDGE))
    by_superuser(superuser, ("UPDATE ledger.approval SET at = at + interval '1 hour' WHERE book = %s", [books.fund]))
    knock = text("SELECT ledger.post(CAST(:r AS jsonb))")

    def posted(request: postings.LedgerRequest) -> dict[str, object]:
        answer: dict[str, object] = superuser.execute(knock, {"r": json.dumps(request.wire())}).scalar_one()
        return answer

    assert posted(books.release(CASE))["voucher"] == 3
    assert posted(books.reserve(CASE, BRIDGE, attempt=2))["voucher"] == 4
    theft = books.intend(CASE, BRIDGE, hold=books.key(CASE, "reserve", 2))
    assert posted(theft)["refused"] == "approval_used"


def test_a_snapshot_from_before_does_not_hide_what_was_sent(books: Books, app_engine: Engine) -> None:
    """Two senders of one approval, one of whom has fixed what he sees: he is told to look again."""
    books.post(books.reserve(CASE, BRIDGE))
    books.allow(books.approval(CASE, BRIDGE))
    with app_engine.connect().execution_options(isolation_level="REPEATABLE READ") as old:
        old.execute(text("SELECT count(*) FROM ledger.journal"))
        books.post(books.intend(CASE, BRIDGE))
        with sessions(app_engine)(bind=old) as session, pytest.raises(OperationalError, match="could not serialize"):
            ledger.post(session, books.intend(CASE, BRIDGE, payment=2))
    assert books.faults() == []


# Edits of what stands beside the journals --------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["maker = 'somebody'", "checker = 'somebody'", "after_seq = after_seq - 1"])
def test_who_allowed_a_payment_and_when_cannot_be_changed_unseen(
    books: Books, superuser: Connection, change: str
) -> None:
    books.lend(CASE, BRIDGE)
    by_superuser(superuser, (f"UPDATE ledger.approval SET {change} WHERE book = %s", [books.fund]))
    assert seen_by(superuser, books.fund)[0].startswith(f"{books.fund}: voucher 3 ")


REOPENED = (
    "DELETE FROM ledger.closing WHERE book = %s",
    "UPDATE ledger.book SET closed_through = NULL WHERE book = %s",
)


@pytest.mark.parametrize("later", [0, 1])
def test_a_period_opened_again_is_named(books: Books, superuser: Connection, later: int) -> None:
    books.close(TODAY)
    if later:
        books.post(interest(books.record(TODAY.replace(day=20)), 1, reference="LX-1"))
    assert books.faults() == []
    by_superuser(superuser, *[(statement, [books.fund]) for statement in REOPENED])
    (fault,) = seen_by(superuser, books.fund)
    assert ("voucher 2 " if later else "rows end with 1") in fault


def test_a_closing_moved_behind_what_it_forbids_is_named(books: Books, superuser: Connection) -> None:
    books.close(TODAY)
    books.post(interest(books.record(TODAY.replace(day=20)), 1, reference="LX-1"))
    by_superuser(superuser, ("UPDATE ledger.closing SET last_seq = 2 WHERE book = %s", [books.fund]))
    assert any("voucher 2 " in fault for fault in seen_by(superuser, books.fund))


@pytest.mark.parametrize("closed_first", [True, False])
def test_a_seal_fits_before_and_after_a_closing(
    books: Books, tmp_path_factory: pytest.TempPathFactory, closed_first: bool
) -> None:
    key = new_key(tmp_path_factory.mktemp("keys"))

    def seal() -> None:
        with sessions(books.desk).begin() as session:
            seals.set_seal(session, books.fund, TODAY, key)

    for step in (lambda: books.close(TODAY), seal) if closed_first else (seal, lambda: books.close(TODAY)):
        step()
    books.post(interest(books.record(TODAY.replace(day=20)), 1, reference="LX-1"))
    assert books.faults() == []


# What the grants say ----------------------------------------------------------------------------------------------

_EVERYTHING_GRANTED = text("""
    SELECT 'table', c.relname || '.' || p FROM pg_class AS c, unnest(CAST(:on_tables AS text[])) AS p
    WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f')
        AND (has_table_privilege(:role, c.oid, p)
             OR (p IN ('INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(:role, c.oid, p)))
  UNION ALL
    SELECT 'sequence', c.relname || '.' || p FROM pg_class AS c, unnest(ARRAY['USAGE', 'UPDATE']) AS p
    WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind = 'S' AND has_sequence_privilege(:role, c.oid, p)
  UNION ALL
    SELECT 'function', p.proname FROM pg_proc AS p
    WHERE p.pronamespace = 'ledger'::regnamespace AND has_function_privilege(:role, p.oid, 'EXECUTE')
  UNION ALL
    SELECT 'schema', n.nspname FROM pg_namespace AS n WHERE has_schema_privilege(:role, n.oid, 'CREATE')
  UNION ALL
    SELECT 'database', p FROM unnest(ARRAY['CREATE', 'TEMP']) AS p
    WHERE has_database_privilege(:role, current_database(), p)
  UNION ALL
    SELECT 'default', d.defaclobjtype::text FROM pg_default_acl AS d, aclexplode(d.defaclacl) AS a
    WHERE a.grantee IN (0, CAST(:role AS regrole))
  UNION ALL
    SELECT 'member of', m.roleid::regrole::text FROM pg_auth_members AS m WHERE m.member = CAST(:role AS regrole)
""")
_CHANGES = ["INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]


DOORS = {
    APP: {"post", "folded"},
    DESK: {"approve", "close_books", "set_seal", "void_approval", "year_of_fees", "folded"},
}


@pytest.mark.parametrize("role", DOORS)
def test_a_role_has_its_doors_and_nothing_else(owner_engine: Engine, role: str) -> None:
    """By itself or as everybody: tables, columns, sequences, functions, schemas, the database, what comes later."""
    with owner_engine.connect() as connection:
        found = connection.execute(_EVERYTHING_GRANTED, {"role": role, "on_tables": _CHANGES})
        assert {tuple(row) for row in found} <= {("function", door) for door in DOORS[role]}


def test_the_doors_look_nowhere_that_a_caller_could_write(owner_engine: Engine) -> None:
    """A path that does not name pg_temp begins with it, and a caller's own type or table would come first."""
    with owner_engine.connect() as connection:
        doors = connection.execute(text("SELECT proname, proconfig FROM pg_proc WHERE prosecdef"))
        paths = {row.proname: row.proconfig for row in doors}
    assert {"post", "approve", "close_books", "set_seal"} <= paths.keys()
    assert {name for name, path in paths.items() if path != ["search_path=pg_catalog, pg_temp"]} == set()
