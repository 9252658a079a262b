"""Cases: one filed, all listed, one shown, one of its papers written to a file."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, Typer

from runtime.cli.acts import add_acts
from runtime.cli.failures import Exit, Misuse
from runtime.cli.intake_commands import submit
from runtime.cli.manual import Command, Group
from runtime.cli.options import AsJson, Case, Fund, Stage
from runtime.cli.write_offs import add_write_offs

app = Typer(cls=Group, no_args_is_help=True, add_completion=False)
app.command("submit", cls=Command)(submit)


@app.command("list", cls=Command)
def list_cases(
    stage: Stage = None,
    fund: Fund = None,
    mine: Annotated[str | None, Option("--mine", metavar="ROLE")] = None,
    as_json: AsJson = False,
) -> int:
    from models.cases import reads
    from rulebook.stages import CaseStage, Role
    from runtime.cli.case_page import show_cases
    from runtime.cli.office import Office
    from runtime.cli.output import print_json
    from runtime.cli.values import member_of

    at = member_of("--stage", CaseStage, stage) if stage else None
    role = member_of("--mine", Role, mine) if mine else None
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund) if fund else None
        found = reads.cases(session, stage=at, fund=code, role=role)
    if as_json:
        print_json(found)
    else:
        show_cases(found)
    return Exit.WELL


@app.command("show", cls=Command)
def show(case: Case, as_json: AsJson = False) -> int:
    from models.cases import reads
    from runtime.cli.case_page import case_data, show_case
    from runtime.cli.office import Office
    from runtime.cli.output import print_json
    from runtime.cli.values import case_no_of

    number = case_no_of(case)
    with Office() as office, office.begin() as session:
        page = reads.case_page(session, number)
    if as_json:
        print_json(case_data(page))
    else:
        show_case(page)
    return Exit.WELL


@app.command("paper", cls=Command)
def paper(
    case: Case,
    paper_kind: Annotated[str, Argument(metavar="KIND")],
    out: Annotated[Path, Option("--out", metavar="FILE")],
    attempt: Annotated[int | None, Option("--attempt", metavar="NUMBER")] = None,
    as_json: AsJson = False,
) -> int:
    import hashlib

    from models.cases import reads
    from rulebook.errors import XuqiaoError
    from rulebook.papers.kinds import DocumentKind
    from runtime.cli.office import Office
    from runtime.cli.output import line, print_json, say
    from runtime.cli.values import case_no_of, member_of

    number, which = case_no_of(case), member_of("KIND", DocumentKind, paper_kind)
    with Office() as office, office.begin() as session:
        pdf, digest = reads.paper(session, number, which, attempt)
    found = hashlib.sha256(pdf).hexdigest()
    if found != digest:
        raise XuqiaoError("cli.paper.damaged", case=number, written=digest, found=found)
    try:
        out.write_bytes(pdf)
    except OSError as error:
        raise Misuse("cli.usage.cannot_write", path=out, reason=error.strerror or error) from None
    if as_json:
        print_json({"case_no": number, "kind": which, "out": str(out), "sha256": digest, "bytes": len(pdf)})
    else:
        line(say("cli.paper.written", kind=which, path=out, digest=digest))
    return Exit.WELL


add_acts(app)
add_write_offs(app)
