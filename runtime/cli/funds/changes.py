"""``xuqiao changes``: what one person proposes to change of a fund, and another decides."""

from typing import Annotated, Any

from sqlmodel import Session
from typer import Argument, Option

from activities.books.matching import carry_out_match
from activities.books.reconciliation import Matched
from activities.wording import moment, money, plain
from models.funds.changes import ChangeKind, ChangeState, FundChange, changes, decide_change, the_change
from rulebook.money import format_yuan
from runtime.cli.failures import Exit
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Fund, Reason
from runtime.cli.output import line, note, print_json, say, word
from runtime.cli.tables import table

ChangeNo = Annotated[int, Argument(metavar="NUMBER")]
AllChanges = Annotated[bool, Option("--all")]


def proposed(number: int, as_json: bool) -> int:
    """Tell under which number another person finds what was proposed."""
    if as_json:
        print_json({"number": number, "state": ChangeState.PROPOSED})
    else:
        line(say("cli.change.proposed", number=number))
    return Exit.WELL


def list_changes(fund: Fund = None, all_changes: AllChanges = False, as_json: AsJson = False) -> int:
    """What waits for a second person, or all there ever was."""
    with Office() as office, office.begin() as session:
        code = office.the_fund(session, fund) if fund else None
        found = changes(session, code, None if all_changes else ChangeState.PROPOSED)
        if as_json:
            print_json([plain(each) for each in found])
            return Exit.WELL
        table(
            ("number", "fund", "change", "content", "reason", "proposed_by", "at", "state", "decided_by"),
            (
                (
                    each.id,
                    each.fund,
                    word("cli.change", each.kind),
                    _content(each.content),
                    each.reason,
                    each.proposed_name,
                    moment(each.proposed_at),
                    word("change_state", each.state),
                    each.decided_name,
                )
                for each in found
            ),
            right=("number",),
        )
    return Exit.WELL


def _content(content: dict[str, Any]) -> str:
    """What is to change, value by value; amounts in yuan."""
    shown = (
        format_yuan(value, grouped=True) if name.endswith("_fen") else _one(name, value)
        for name, value in content.items()
        if value not in (None, [], "")
    )
    return " ".join(shown)


def _one(name: str, value: Any) -> str:
    if name == "role":
        return word("role", value)
    return "、".join(value) if isinstance(value, list) else str(value)


def approve_change(change_no: ChangeNo, as_user: AsUser, as_json: AsJson = False) -> int:
    """Approve what another proposed; it is done at once."""
    return _decide(change_no, as_user, as_json, approved=True)


def reject_change(change_no: ChangeNo, as_user: AsUser, reason: Reason, as_json: AsJson = False) -> int:
    """Reject what another proposed."""
    return _decide(change_no, as_user, as_json, approved=False, remark=reason)


def _decide(number: int, person: str, as_json: bool, *, approved: bool, remark: str | None = None) -> int:
    note("cli.unauthenticated")
    with Office() as office:
        with office.desk() as session:
            change = _cut_off(session, number, person) if approved else None
            change = change or decide_change(session, number, approved=approved, person=person, remark=remark)
            session.expunge(change)
        matched = carry_out_match(office.begin, change) if approved and change.kind == ChangeKind.MATCH_LINE else None
    if as_json:
        print_json({**plain(change), "matched": plain(matched)})
    else:
        line(say(f"cli.change.{change.state}", number=number))
        if matched:
            _show_matched(matched)
    return Exit.WELL


def _cut_off(session: Session, number: int, person: str) -> FundChange | None:
    """A match that this person approved before: saying so again does what was cut off, and nothing twice."""
    change = the_change(session, number)
    again = (change.kind, change.state, change.decided_by) == (ChangeKind.MATCH_LINE, ChangeState.APPROVED, person)
    return change if again else None


def _show_matched(matched: Matched) -> None:
    """Tell what became of a line that two people said is a case's."""
    if matched.message:
        about = {"line": matched.line, "case": matched.case_no, "message": matched.message}
        if matched.guarantor_fen:
            line(say("statement.told_of_guarantor", **about, amount=money(matched.guarantor_fen)))
        else:
            amounts = {"principal": money(matched.principal_fen), "fee": money(matched.fee_fen)}
            line(say("statement.told_to_case", **about, **amounts))
    else:
        about = {"line": matched.line, "case": matched.case_no, "voucher": str(matched.voucher)}
        line(say("statement.owed_back", **about, excess=money(matched.excess_fen)))
