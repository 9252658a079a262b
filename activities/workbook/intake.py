"""Taking applications in: from a workbook row by row, or one that was typed; what cannot go in says why."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from activities.law.measures import measure_from
from activities.store import Begin
from activities.wording import masked
from activities.workbook.applications import CellFault, WorkbookReading, read_typed, read_workbook, unread
from activities.workbook.columns import COLUMNS, Column, Content
from activities.workbook.form import shown_in_form
from models.cases.applications import (
    WITHOUT_MONEY,
    Filed,
    file_application,
    filed_application,
    loan_of_case,
    name_of_firm,
)
from models.cases.approvals import current_approval
from models.cases.case_file import the_case
from models.funds.banks import NoAgreement, check_agreement, register_of
from models.funds.calendar import calendar_around, last_day_known
from models.funds.funds import business_date, measure_in_force
from rulebook.applications import ApplicationRow, differences
from rulebook.cases import ApplicantKind
from rulebook.errors import XuqiaoError
from rulebook.messages import digest_of
from rulebook.parties.names import same_name
from rulebook.stages import ENDS, STAGES, ActKind, CaseStage
from rulebook.values import Value

ONE_LIVE_CASE = "one_live_case_per_loan"


class Intake(StrEnum):
    """What became of a good row."""

    OPENED = "opened"
    KNOWN = "known"
    DIFFERS = "differs"  # it is known, and says something else than was filed
    REFUSED = "refused"


class Difference(Value):
    """What a row says otherwise than the application that was filed; ``before`` and ``now`` as the form shows them."""

    field: str
    heading: str
    before: str
    now: str


class RowReport(Value):
    """One good row: its case, or the reason why it was not taken.

    Attributes:
        differences: what it says otherwise than the application that was filed.
        reason: why it was not taken, and what to do.
        remark: what to look at although it was taken, or known: the firm was filed under another name before, the
            earlier case that it follows, or how to apply anew.
    """

    row: int
    applicant_name: str
    result: Intake
    case_no: str | None = None
    differences: tuple[Difference, ...] = ()
    reason: dict[str, Any] | None = None
    remark: dict[str, Any] | None = None


class ImportReport(Value):
    """What a workbook gave.

    Attributes:
        sha256: digest of the file, which is the source of its cases.
        rows: the rows that could be read.
        faults: what is wrong, cell by cell; warnings among them kept nothing out.
    """

    fund: str
    sha256: str
    received_on: date
    rows: tuple[RowReport, ...]
    faults: tuple[CellFault, ...]

    def count(self, result: Intake) -> int:
        """How many rows ended so."""
        return sum(row.result is result for row in self.rows)

    @property
    def errors(self) -> tuple[CellFault, ...]:
        """The faults that kept something out."""
        return tuple(fault for fault in self.faults if not fault.warning)

    @property
    def whole(self) -> bool:
        """Whether everything in the workbook is in the case file."""
        return not self.errors and not self.count(Intake.REFUSED) and not self.count(Intake.DIFFERS)


class Reception(NamedTuple):
    """Where applications are taken in.

    Attributes:
        begin: opens a session that commits at the end of its block.
        fund: code of the fund.
        filed_by: id of the officer.
        queues: prefix of the task queues on which the cases are worked.
        anew: whether an application whose case ended without money is filed once more although it says the same.
    """

    begin: Begin
    fund: str
    filed_by: str
    queues: str
    anew: bool = False


class GivenFile(NamedTuple):
    """A file as it came in; ``content`` is None where nobody could read it."""

    name: str
    content: bytes | None


def import_workbook(
    reception: Reception,
    file: GivenFile,
    *,
    with_hidden: bool = False,
) -> ImportReport:
    """Take in what a workbook holds, each good row in a transaction of its own.

    The same file a second time changes nothing.

    Args:
        with_hidden: whether rows and columns that nobody sees are taken in like the others; else they are refused.
    Raises:
        XuqiaoError: ``fund.no_business_day``, ``bank.none_registered``. What is wrong with the file is in the report.
    """
    digest = hashlib.sha256(file.content or b"").hexdigest()
    with reception.begin() as session:
        today, banks = business_date(session, reception.fund), register_of(session, reception.fund)
    if file.content is None:
        reading = unread(file.name)
    else:
        reading = read_workbook(file.content, today, banks, with_hidden=with_hidden)
    return _take_in(reception, reading, today, digest, f"file:{digest}")


def file_one(reception: Reception, typed: Mapping[str, str | None]) -> ImportReport:
    """Take in one application that was typed field by field: it passes the same checks as a row of the workbook.

    Args:
        typed: by the fields of the workbook's columns; amounts in yuan.
    """
    with reception.begin() as session:
        today, banks = business_date(session, reception.fund), register_of(session, reception.fund)
    return _take_in(reception, read_typed(typed, today, banks), today, digest_of(dict(typed)), "cli")


class Correction(NamedTuple):
    """A corrected application for the loan of a case: its row, what it says otherwise, and the digest of it all."""

    row: ApplicationRow
    differences: tuple[Difference, ...]
    digest: str


def read_correction(begin: Begin, case_no: str, file: GivenFile) -> Correction:
    """The row of a workbook that is meant to take the place of a case's application.

    Raises:
        XuqiaoError: ``case.unknown``; ``correction.no_row`` where the workbook has no good row for the case's loan,
            with the first fault; ``correction.nothing_differs``.
    """
    with begin() as session:
        case = the_case(session, case_no)
        note, maturity = loan_of_case(session, case_no)
        today, banks = business_date(session, case.fund), register_of(session, case.fund)
    reading = unread(file.name) if file.content is None else read_workbook(file.content, today, banks)
    of_note = [row for row in reading.rows if row.loan_note == note]
    row = next((row for row in of_note if row.maturity == maturity), of_note[0] if len(of_note) == 1 else None)
    if row is None:
        first = reading.errors[0].sentence() if reading.errors else "-"
        raise XuqiaoError("correction.no_row", case=case_no, note=note, maturity=maturity, fault=first)
    with begin() as session:
        found = tuple(_differences(filed_application(session, case_no, row), row))
    if not found:
        raise XuqiaoError("correction.nothing_differs", case=case_no)
    return Correction(row, found, digest_of(row.model_dump(mode="json", exclude={"row"})))


def file_corrected(reception: Reception, case_no: str, row: ApplicationRow) -> RowReport:
    """File a corrected application in the place of a case that was withdrawn for it; a second time changes nothing."""
    with reception.begin() as session:
        today = business_date(session, reception.fund)
    return _file(reception, row, today, f"correction:{case_no}")


def _take_in(reception: Reception, reading: WorkbookReading, today: date, digest: str, source: str) -> ImportReport:
    rows = tuple(_file(reception, row, today, source) for row in reading.rows)
    return ImportReport(fund=reception.fund, sha256=digest, received_on=today, rows=rows, faults=reading.faults)


def _file(reception: Reception, row: ApplicationRow, today: date, source: str) -> RowReport:
    report = RowReport(row=row.row, applicant_name=row.applicant_name, result=Intake.REFUSED)
    try:
        with reception.begin() as session:
            check_agreement(session, reception.fund, row.bank, today)
            called = name_of_firm(session, row.uscc)
            filed = file_application(
                session,
                reception.fund,
                row,
                received_on=today,
                filed_by=reception.filed_by,
                source=source,
                queues=reception.queues,
                anew=reception.anew,
            )
            if filed.new:
                _refuse_out_of_time(session, reception.fund, row, today)
    except (OutOfTime, NoAgreement) as refusal:
        return report.model_copy(update={"reason": refusal.as_data()})
    except IntegrityError as error:
        with reception.begin() as session:
            return report.model_copy(update={"reason": _why(session, row, error).as_data()})
    if filed.new or filed.before is None:
        remark = _another_name(called, row) or _what_it_follows(filed)
        opened = {"result": Intake.OPENED, "case_no": filed.case_no, "remark": remark.as_data() if remark else None}
        return report.model_copy(update=opened)
    found = tuple(_differences(filed.before, row))
    if not found:
        again = XuqiaoError("case.ended_apply_anew", case=filed.case_no, stage=filed.stage)
        remark = again if filed.stage in WITHOUT_MONEY else None
        known = {"result": Intake.KNOWN, "case_no": filed.case_no, "remark": remark.as_data() if remark else None}
        return report.model_copy(update=known)
    with reception.begin() as session:
        proposed = current_approval(session, filed.case_no) is not None
    said = {"result": Intake.DIFFERS, "case_no": filed.case_no, "differences": found}
    return report.model_copy(update={**said, "reason": _how_to_correct(filed, proposed).as_data()})


class OutOfTime(XuqiaoError):
    """An application for which no money could leave in time."""


def _refuse_out_of_time(session: Session, fund: str, row: ApplicationRow, today: date) -> None:
    """Refuse a new application where money can no longer be ahead of the maturity, or nobody knows yet when it leaves.

    On the release day itself the database's clock counts; where days are played, the story says it at once.

    Raises:
        OutOfTime: ``case.maturity_beyond_calendar``, ``case.filed_too_late``.
    """
    last = last_day_known(session)
    if row.maturity > last:
        raise OutOfTime("case.maturity_beyond_calendar", note=row.loan_note, maturity=row.maturity, last=last)
    law = measure_in_force(session, fund, today)
    cut_off = measure_from(law.pack, law.overlay).cut_off
    calendar = calendar_around(session, today, row.maturity)
    release_day = calendar.workday_before(row.maturity)
    now = session.connection().execute(_NOW).scalar_one()
    over = today > release_day or (today == release_day and now >= calendar.moment(release_day, cut_off))
    if not over:
        return
    said = {"note": row.loan_note, "maturity": row.maturity, "release_day": release_day, "cut_off": cut_off}
    raise OutOfTime("case.filed_too_late", **said)


def _another_name(called: str | None, row: ApplicationRow) -> XuqiaoError | None:
    """What to say where the firm of this credit code was filed under another name before; an owner has his own."""
    if called is None or called == row.applicant_name or row.kind is ApplicantKind.OWNER:
        return None
    code = "case.firm_spelt" if same_name(called, row.applicant_name) else "case.firm_renamed"
    return XuqiaoError(code, uscc=row.uscc, before=called, now=row.applicant_name)


def _what_it_follows(filed: Filed) -> XuqiaoError | None:
    return XuqiaoError("case.follows", case=filed.case_no, earlier=filed.follows) if filed.follows else None


def _differences(before: ApplicationRow, now: ApplicationRow) -> Iterator[Difference]:
    differ = differences(before, now)
    for column in COLUMNS:
        # A bank is one column of the form and two fields.
        if column.field in differ or (column.field == "bank" and "bank_name" in differ):
            shown = (_as_written(shown_in_form(each, column), column) for each in (before, now))
            yield Difference(field=column.field, heading=column.title, before=next(shown), now=next(shown))


def _as_written(value: object, column: Column) -> str:
    if value is None:
        return "—"
    if column.content in (Content.ACCOUNT, Content.PHONE):  # what is told goes on into an act, and into histories
        return masked(str(value))
    if isinstance(value, float):
        return f"{(Decimal(repr(value)) * 100).normalize():f}%"
    if column.content is Content.MONEY:
        return f"{Decimal(str(value)).normalize():f}"
    return str(value)


def _how_to_correct(filed: Filed, proposed: bool) -> XuqiaoError:
    """What an officer does about an application that was filed wrongly, by where its case stands.

    Args:
        proposed: whether a proposal stands on it.
    """
    if ActKind.PROPOSE_CORRECTION in STAGES[filed.stage].acts and not proposed:
        return XuqiaoError("case.correct_by_two", case=filed.case_no)
    if CaseStage.WITHDRAWN in STAGES[filed.stage].leads_to and ActKind.WITHDRAW in STAGES[filed.stage].acts:
        return XuqiaoError("case.correct_by_withdrawal", case=filed.case_no)
    if filed.stage is CaseStage.INTAKE:
        return XuqiaoError("case.correct_once_opened", case=filed.case_no)
    if filed.stage in ENDS:
        return XuqiaoError("case.correct_ended", case=filed.case_no, stage=filed.stage)
    return XuqiaoError("case.correct_money_out", case=filed.case_no, stage=filed.stage)


_NOW = text("SELECT now()")
_LIVE_CASE = text("""
    SELECT c.case_no FROM renewal_case AS c JOIN loan AS l ON l.id = c.loan
    WHERE l.bank = :bank AND l.note = :note AND l.maturity = :maturity
    ORDER BY c.case_no DESC LIMIT 1
""")


def _why(session: Session, row: ApplicationRow, error: IntegrityError) -> XuqiaoError:
    """What the database's refusal means to an officer."""
    broken = str(getattr(getattr(error.orig, "diag", None), "constraint_name", None) or "")
    if broken != ONE_LIVE_CASE:
        return XuqiaoError("cli.import.database_refused", rule=broken)
    loan = {"bank": row.bank, "note": row.loan_note, "maturity": row.maturity}
    return XuqiaoError("case.loan_live", note=row.loan_note, case=session.connection().scalar(_LIVE_CASE, loan))
