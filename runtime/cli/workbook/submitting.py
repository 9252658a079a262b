"""``xuqiao case submit``: one application, typed field by field."""

from inspect import Parameter, Signature
from typing import Annotated, Any

from typer import Option

from activities.wording import plain
from activities.workbook.columns import COLUMNS, Column, Content
from activities.workbook.intake import Intake, file_one
from rulebook.errors import XuqiaoError
from runtime.cli.failures import Exit, tell
from runtime.cli.office import Office
from runtime.cli.options import Anew, AsJson, AsUser, Fund
from runtime.cli.output import line, note, print_json, say
from runtime.cli.workbook.reception import reception_of


def option_of(column: Column) -> str:
    """The option in which a column's value is typed.

    >>> option_of(next(column for column in COLUMNS if column.field == "balance_fen"))
    '--balance'
    """
    return "--" + column.field.rpartition(".")[2].removesuffix("_fen").replace("_", "-")


def _name_of(column: Column) -> str:
    return column.field.replace(".", "_")


def submit(
    fund: Fund = None, *, as_user: AsUser, anew: Anew = False, as_json: AsJson = False, **typed: str | None
) -> int:
    """Take in one application; its options are the columns of the workbook."""
    with Office() as office:
        reception = reception_of(office, fund, as_user, anew=anew)
        report = file_one(reception, {column.field: typed[_name_of(column)] for column in COLUMNS})
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
    for fault in report.faults:
        note(fault.code, **fault.params)
    row = report.rows[0]
    if row.remark:
        note(row.remark["code"], **row.remark["params"])
    for each in row.differences:
        note("cli.import.difference", heading=each.heading, before=each.before, now=each.now)
    if row.reason:
        return tell(XuqiaoError.from_data(row.reason), differences=[plain(each) for each in row.differences])
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
        keyword("anew", Anew, False),
        keyword("as_json", AsJson, False),
    ]
    submit.__signature__ = Signature([*of_columns, *of_the_call])  # type: ignore[attr-defined]


_with_an_option_for_every_column()
