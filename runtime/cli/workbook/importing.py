"""``xuqiao import`` and ``xuqiao case submit``."""

from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from activities.workbook.columns import COLUMNS, Column, Content
from rulebook.stages import Role
from runtime.cli.failures import Exit, Misuse
from runtime.cli.options import AsJson, AsUser, AsUserOrNot, Fund

if TYPE_CHECKING:
    from activities.workbook.intake import Desk, ImportReport
    from runtime.cli.office import Office

NOBODY = "cli"
"""Who filed what was imported without saying who imports."""


def import_file(
    file: Annotated[Path | None, Argument(metavar="FILE")] = None,
    template: Annotated[Path | None, Option("--template", metavar="FILE")] = None,
    fund: Fund = None,
    as_user: AsUserOrNot = None,
    as_json: AsJson = False,
) -> int:
    """Take in a workbook, or write the empty form."""
    if (file is None) == (template is None):
        raise Misuse("cli.usage.file_or_template")
    if template is not None:
        return _write_form(template, as_json)
    from activities.workbook.intake import import_workbook
    from runtime.cli.office import Office
    from runtime.cli.output import note

    assert file is not None
    with Office() as office:
        desk = _desk(office, fund, as_user)
        note("cli.import.reading", file=file)
        report = import_workbook(desk, file)
    _show_report(report, as_json)
    return Exit.WELL if report.whole else Exit.REFUSED


def _write_form(path: Path, as_json: bool) -> int:
    from activities.workbook.applications import write_template
    from runtime.cli.office import settings
    from runtime.cli.output import line, print_json, say

    settings()
    try:
        write_template(path)
    except Exception as error:  # the writer has its own name for a folder that is not there
        raise Misuse("cli.usage.cannot_write", path=path, reason=error) from error
    if as_json:
        print_json({"template": str(path)})
    else:
        line(say("cli.import.template", path=path))
    return Exit.WELL


def _desk(office: "Office", fund: str | None, user: str | None) -> "Desk":
    """Where this call takes applications in; whoever is named must be a maker (经办)."""
    from activities.workbook.intake import Desk
    from models.funds.funds import actor
    from runtime.cli.output import note

    with office.begin() as session:
        code = office.the_fund(session, fund)
        filed_by = actor(session, user, Role.MAKER).id if user else NOBODY
    if user:
        note("cli.unauthenticated")
    return Desk(office.begin, code, filed_by, office.settings.queues.prefix)


def _show_report(report: "ImportReport", as_json: bool) -> None:
    from activities.words import say_error
    from activities.workbook.intake import Intake
    from rulebook.errors import XuqiaoError
    from runtime.cli.language import call
    from runtime.cli.output import line, plain, print_json, say

    counts = {result.value: report.count(result) for result in Intake}
    reasons = [XuqiaoError(row.reason["code"], **row.reason["params"]) if row.reason else None for row in report.rows]
    if as_json:
        shown = plain(report)
        for row, reason in zip(shown["rows"], reasons, strict=True):
            if reason:
                row["reason"]["message"] = say_error(reason, call.lang)
        for entry, fault in zip(shown["faults"], report.faults, strict=True):
            entry["message"] = fault.sentence(call.lang)
        print_json({**shown, **counts})
        return
    for row, reason in zip(report.rows, reasons, strict=True):
        why = say_error(reason, call.lang) if reason else ""
        code = f"cli.import.row_{row.result}"
        line(say(code, row=row.row, applicant=row.applicant_name, case=row.case_no, why=why))
    for fault in report.faults:
        code = "cli.import.warning" if fault.warning else "cli.import.fault"
        line(say(code, row=fault.row, what=fault.sentence(call.lang)))
    line(say("cli.import.done", **counts, rows=len(report.rows), faults=len(report.errors)))


# One application, typed ----------------------------------------------------------------------------------------


def option_of(column: Column) -> str:
    """The option in which a column's value is typed.

    >>> option_of(next(column for column in COLUMNS if column.field == "balance_fen"))
    '--balance'
    """
    return "--" + column.field.rpartition(".")[2].removesuffix("_fen").replace("_", "-")


def _name_of(column: Column) -> str:
    return column.field.replace(".", "_")


def submit(fund: Fund = None, *, as_user: AsUser, as_json: AsJson = False, **typed: str | None) -> int:
    """Take in one application; its options are the columns of the workbook."""
    from activities.workbook.intake import Intake, file_one
    from rulebook.errors import XuqiaoError
    from runtime.cli.failures import tell
    from runtime.cli.office import Office
    from runtime.cli.output import line, print_json, say

    with Office() as office:
        report = file_one(_desk(office, fund, as_user), {column.field: typed[_name_of(column)] for column in COLUMNS})
    if report.errors:
        options = {column.heading: option_of(column) for column in COLUMNS}
        faults = [
            {
                "option": options.get(fault.heading, ""),
                "value": fault.value,
                "code": fault.code,
                "params": fault.params,
                "message": say(fault.code, **fault.params),
            }
            for fault in report.errors
        ]
        lines = [f"{fault['option']} “{fault['value']}”: {fault['message']}" for fault in faults]
        return tell(XuqiaoError("cli.submit.faults", faults="\n".join(lines)), faults=faults)
    row = report.rows[0]
    if row.reason:
        return tell(XuqiaoError(row.reason["code"], **row.reason["params"]))
    if as_json:
        print_json({"case_no": row.case_no, "result": row.result, "fund": report.fund})
    else:
        code = "cli.submit.known" if row.result is Intake.KNOWN else "cli.submit.opened"
        line(say(code, applicant=row.applicant_name, case=row.case_no))
    return Exit.WELL


def _placeholder(column: Column) -> str:
    match column.content:
        case Content.MONEY:
            return "YUAN"
        case Content.DATE:
            return "DATE"
        case Content.YES_NO:
            return "yes|no"
        case Content.COUNT:
            return "COUNT"
        case _:
            return "TEXT"


def _with_an_option_for_every_column() -> None:
    def keyword(name: str, annotation: Any, default: Any = None) -> Parameter:
        return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    of_columns = [
        keyword(
            _name_of(column),
            Annotated[str | None, Option(option_of(column), metavar=_placeholder(column))],
        )
        for column in COLUMNS
    ]
    of_the_call = [
        keyword("as_user", AsUser, Parameter.empty),
        keyword("fund", Fund),
        keyword("as_json", AsJson, False),
    ]
    submit.__signature__ = Signature([*of_columns, *of_the_call])  # type: ignore[attr-defined]


_with_an_option_for_every_column()
