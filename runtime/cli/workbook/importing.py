"""``xuqiao import``: a workbook is taken in, or the empty form written."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from activities.wording import plain
from activities.words import say_error
from activities.workbook.applications import write_template
from activities.workbook.file import MOST_BYTES
from activities.workbook.intake import GivenFile, ImportReport, Intake, import_workbook
from rulebook.errors import XuqiaoError
from runtime.cli.failures import Exit, Misuse
from runtime.cli.files import content_of
from runtime.cli.language import call
from runtime.cli.office import Office, settings
from runtime.cli.options import Anew, AsJson, AsUserOrNot, Fund
from runtime.cli.output import line, note, print_json, say
from runtime.cli.workbook.reception import reception_of


def import_file(
    file: Annotated[Path | None, Argument(metavar="FILE")] = None,
    template: Annotated[Path | None, Option("--template", metavar="FILE")] = None,
    fund: Fund = None,
    as_user: AsUserOrNot = None,
    with_hidden: Annotated[bool, Option("--with-hidden")] = False,
    anew: Anew = False,
    as_json: AsJson = False,
) -> int:
    """Take in a workbook, or write the empty form."""
    if (file is None) == (template is None):
        raise Misuse("cli.usage.file_or_template")
    if template is not None:
        return _write_form(template, as_json)

    if as_user is None:  # somebody answers for each application that is filed
        raise Misuse("cli.usage.missing", name="--as")
    assert file is not None
    with Office() as office:
        reception = reception_of(office, fund, as_user, anew=anew)
        note("cli.import.reading", file=file)
        given = GivenFile(file.name, content_of(file, MOST_BYTES))
        report = import_workbook(reception, given, with_hidden=with_hidden)
    _show_report(report, as_json)
    return Exit.WELL if report.whole else Exit.REFUSED


def _write_form(path: Path, as_json: bool) -> int:
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


def _show_report(report: ImportReport, as_json: bool) -> None:
    counts = {result.value: report.count(result) for result in Intake}
    reasons = [XuqiaoError.from_data(row.reason) if row.reason else None for row in report.rows]
    if as_json:
        shown = plain(report)
        for row, reason in zip(shown["rows"], reasons, strict=True):
            if reason:
                row["reason"]["message"] = say_error(reason, call.lang)
            if row["remark"]:
                row["remark"]["message"] = say_error(XuqiaoError.from_data(row["remark"]), call.lang)
        for entry, fault in zip(shown["faults"], report.faults, strict=True):
            entry["message"] = fault.sentence(call.lang)
        print_json({**shown, **counts})
        return
    for row, reason in zip(report.rows, reasons, strict=True):
        why = say_error(reason, call.lang) if reason else ""
        code = f"cli.import.row_{row.result}"
        line(say(code, row=row.row, applicant=row.applicant_name, case=row.case_no, why=why))
        if row.remark:
            line("  " + say_error(XuqiaoError.from_data(row.remark), call.lang))
        for each in row.differences:
            line("  " + say("cli.import.difference", heading=each.heading, before=each.before, now=each.now))
    for fault in report.faults:
        code = "cli.import.warning" if fault.warning else "cli.import.fault"
        line(say(code if fault.row else f"{code}_file", row=fault.row, what=fault.sentence(call.lang)))
    line(say("cli.import.done", **counts, rows=len(report.rows), faults=len(report.errors)))
