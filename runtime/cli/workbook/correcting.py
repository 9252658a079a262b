"""``xuqiao case propose-correction`` and ``approve-correction``: a corrected workbook for an application filed."""

from pathlib import Path

from activities.wording import plain
from activities.workbook.file import MOST_BYTES
from activities.workbook.intake import Correction, GivenFile, Reception, file_corrected, read_correction
from models.cases.case_file import the_case
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor, ApproveCorrection, CorrectedField, ProposeCorrection
from runtime.cli.cases.acts import do_act
from runtime.cli.failures import tell
from runtime.cli.files import content_of
from runtime.cli.names import case_no_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Case, File, Key, Reason, Yes
from runtime.cli.output import line, say
from runtime.cli.values import require_consent


def propose_correction(
    case: Case, file: File, *, as_user: AsUser, reason: Reason, key: Key = None, as_json: AsJson = False
) -> int:
    """Propose the corrected application of a workbook; another person approves it."""
    number = case_no_of(case)
    read = _read(number, file, as_json)
    if isinstance(read, XuqiaoError):
        return tell(read, case_no=number)
    changes = tuple(CorrectedField(heading=each.heading, before=each.before, now=each.now) for each in read.differences)
    body = ProposeCorrection(application=read.digest, changes=changes, reason=reason)
    return do_act(number, body, as_user, key, as_json, differences=[plain(each) for each in read.differences])


def approve_correction(
    case: Case,
    file: File,
    *,
    as_user: AsUser,
    reason: Reason,
    yes: Yes = False,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Approve exactly the application of this workbook: the case is withdrawn, and it is filed in its place."""
    number = case_no_of(case)
    read = _read(number, file, as_json)
    if isinstance(read, XuqiaoError):
        return tell(read, case_no=number)
    require_consent(yes)

    def file_it(office: Office, person: Actor) -> XuqiaoError | str:
        with office.begin() as session:
            fund = the_case(session, number).fund
        report = file_corrected(
            Reception(office.begin, fund, person.id, office.settings.queues.prefix), number, read.row
        )
        return report.case_no if report.case_no else XuqiaoError.from_data(report.reason)

    body = ApproveCorrection(application=read.digest, reason=reason)
    shown = [plain(each) for each in read.differences]
    return do_act(number, body, as_user, key, as_json, file_it, differences=shown)


def _read(case_no: str, file: Path, as_json: bool) -> Correction | XuqiaoError:
    """The correction, shown field by field; or why there is none."""
    with Office() as office:
        try:
            read = read_correction(office.begin, case_no, GivenFile(file.name, content_of(file, MOST_BYTES)))
        except XuqiaoError as error:
            return error
    if not as_json:
        for each in read.differences:
            line(say("cli.import.difference", heading=each.heading, before=each.before, now=each.now))
    return read
