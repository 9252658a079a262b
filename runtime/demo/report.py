"""What the demo ends with: each fund's cases, pool and own choices, and whether the books and the bank agree."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from sqlmodel import Session

from activities.cases.wording import say_reason
from activities.words import say, word
from models.books import ledger
from models.books.check import find_faults
from models.cases.applications import Application, Loan
from models.cases.case_file import RenewalCase, cases_of
from models.papers.documents import documents_of
from rulebook.books.postings import Pool, PostingKind
from rulebook.cases import Route
from rulebook.money import format_yuan
from rulebook.stages import CaseStage
from rulebook.values import Value
from runtime.wiring import Services

WIDTHS = {"case": 15, "applicant": 12, "route": 10, "amount": 13, "days": 4, "fee": 9, "end": 8, "reason": 24}
"""Columns of the table and their widths: all but the reasons fit into 80."""

WIDE = sum(WIDTHS.values()) + 2 * len(WIDTHS)


class CaseResult(Value):
    """One case: where it came to, and where its facts lead."""

    fund: str
    case_no: str
    applicant: str
    loan_note: str
    route: Route
    amount_fen: int | None
    days: int | None
    fee_fen: int | None
    end: CaseStage
    reason: str
    expected_end: CaseStage
    expected_route: Route
    story: str

    @property
    def as_expected(self) -> bool:
        return self.end is self.expected_end and self.route is self.expected_route


class FundReport(Value):
    """One fund: the law it is under, its cases, its pool before and after.

    Attributes:
        pack, document: the measure it is under.
        chosen_as: what the operator's own choices are cited as.
        operator_choices: names of the values that are the operator's own choice.
    """

    fund: str
    name: str
    pack: str
    document: str
    chosen_as: str
    operator_choices: tuple[str, ...]
    cases: tuple[CaseResult, ...]
    before: Pool
    after: Pool


class DemoReport(Value):
    """The whole outcome; ``faults`` is empty when everything is as it should be."""

    funds: tuple[FundReport, ...]
    faults: tuple[str, ...]
    papers: str
    paper_count: int

    @property
    def cases(self) -> tuple[CaseResult, ...]:
        return tuple(case for fund in self.funds for case in fund.cases)

    @property
    def good(self) -> bool:
        return not self.faults and all(fund.cases for fund in self.funds) and all(c.as_expected for c in self.cases)


def case_line(session: Session, case: RenewalCase, end: CaseStage, route: Route, story: str) -> CaseResult:
    """One case as it stands, beside where its facts lead."""
    application = session.get_one(Application, case.case_no)
    return CaseResult(
        fund=case.fund,
        case_no=case.case_no,
        applicant=application.applicant_name,
        loan_note=session.get_one(Loan, case.loan).note,
        route=Route(case.route) if case.route else Route.NONE,
        amount_fen=case.amount_fen if case.paid_on else None,
        days=case.days,
        fee_fen=case.fee_fen,
        end=CaseStage(case.stage),
        reason=case.end_reason or "",
        expected_end=end,
        expected_route=route,
        story=story,
    )


def cross_check(session: Session, services: Services, funds: Sequence[str]) -> tuple[str, ...]:
    """Faults of the funds' books, and payments in the bank's own log that no book has, or the other way round."""
    vouchers = [voucher for fund in funds for voucher in ledger.vouchers(session, fund)]
    in_books = {
        v.reference: sum(line.amount_fen for line in v.lines) for v in vouchers if v.kind is PostingKind.DISBURSE
    }
    at_bank = {payment.reference: payment.amount_fen for payment in services.simulated_bank.payments()}
    differing = sorted({str(reference) for reference, _ in in_books.items() ^ at_bank.items()})
    return (
        *(say(fault.code, None, **fault.params) for fund in funds for fault in find_faults(session, fund)),
        *(say("cli.demo.bank_wrong", reference=reference) for reference in differing),
    )


def write_papers(session: Session, funds: Sequence[str], folder: Path) -> int:
    """Lay all papers of some funds into a folder, one folder for each case.

    Returns:
        how many.
    """
    count = 0
    for case in (case for fund in funds for case in cases_of(session, fund)):
        for document in documents_of(session, case.case_no):
            place = folder / case.case_no
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{document.number}.pdf").write_bytes(document.pdf)
            count += 1
    return count


# For people ----------------------------------------------------------------------------------------------------


def show(report: DemoReport, console: Console) -> None:
    """The report as people read it."""
    console.print(say("cli.demo.title"), style="italic")
    for fund in report.funds:
        _show_fund(fund, console)
    for fault in report.faults:
        console.print(f"[bold red]{fault}[/]")
    if not report.faults:
        console.print(say("cli.demo.books_right"))
    console.print(say("cli.demo.papers", count=report.paper_count, folder=report.papers))
    console.print(say("cli.demo.all_as_expected" if report.good else "cli.demo.ended_elsewhere"))


def _show_fund(fund: FundReport, console: Console) -> None:
    console.print()
    console.print(say("cli.demo.fund", fund=fund.fund, name=fund.name, document=fund.document), style="bold")
    console.print(_table(fund.cases, console.width))
    for code, pool in (("cli.demo.pool_before", fund.before), ("cli.demo.pool_after", fund.after)):
        amounts = {name.removesuffix("_fen"): _yuan(fen) for name, fen in pool.model_dump().items()}
        console.print(say(code, None, **amounts))
    choices = {"count": len(fund.operator_choices), "names": ",".join(fund.operator_choices)}
    console.print(say("cli.demo.own_choices", None, chosen_as=fund.chosen_as, **choices), style="dim")


def _table(cases: Sequence[CaseResult], width: int) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold underline")
    shown = list(WIDTHS) if width >= WIDE else list(WIDTHS)[:-1]
    for name in shown:
        justify: Literal["left", "right"] = "right" if name in {"amount", "days", "fee"} else "left"
        table.add_column(say(f"cli.heading.{name}"), justify=justify, width=WIDTHS[name], overflow="fold")
    for case in cases:
        cells = (
            case.case_no,
            case.applicant,
            word(case.route),
            _yuan(case.amount_fen),
            "" if case.days is None else str(case.days),
            _yuan(case.fee_fen),
            word(case.end) if case.as_expected else f"[bold red]{word(case.end)} ≠ {word(case.expected_end)}[/]",
            say_reason(case.end, case.reason) if case.reason else "",
        )
        table.add_row(*cells[: len(shown)])
    return table


def _yuan(fen: int | None) -> str:
    return "" if fen is None else format_yuan(fen, grouped=True)


# As data -------------------------------------------------------------------------------------------------------


def as_json(report: DemoReport) -> str:
    """The report as data; amounts are decimal strings in yuan.

    ``cases`` holds those of all funds. ``pool_before`` and ``pool_after`` are the first fund's; each fund's own stand
    under ``funds``.
    """
    cases = [{**_in_yuan(case.model_dump(mode="json")), "as_expected": case.as_expected} for case in report.cases]
    funds = [_fund_data(fund) for fund in report.funds]
    return json.dumps(
        {
            "cases": cases,
            "pool_before": funds[0]["pool_before"],
            "pool_after": funds[0]["pool_after"],
            "funds": funds,
            "faults": list(report.faults),
            "papers": report.papers,
            "paper_count": report.paper_count,
            "as_expected": report.good,
        },
        ensure_ascii=False,
        indent=2,
    )


def _fund_data(fund: FundReport) -> dict[str, Any]:
    plain = fund.model_dump(mode="json", exclude={"cases", "before", "after"})
    return {
        **plain,
        "pool_before": _in_yuan(fund.before.model_dump()),
        "pool_after": _in_yuan(fund.after.model_dump()),
    }


def _in_yuan(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name.replace("_fen", "_yuan"): format_yuan(value) if name.endswith("_fen") and value is not None else value
        for name, value in values.items()
    }
