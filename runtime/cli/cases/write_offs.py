"""A pursued bridge is given up: proposed for the principal that is still out, approved as it was shown."""

from activities.wording import moment, money
from models.cases.acts import ActState
from models.cases.reads import case_page
from models.cases.views import CasePage, Recorded
from rulebook.errors import XuqiaoError
from rulebook.messages import ApproveWriteOff, ProposeWriteOff
from rulebook.stages import ActKind
from runtime.cli.cases.acts import do_act
from runtime.cli.failures import Misuse
from runtime.cli.names import case_no_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Case, Decision, Key, Reason, Yes
from runtime.cli.output import fields, section
from runtime.cli.values import require_consent


def propose_write_off(
    case: Case, decision: Decision, reason: Reason, as_user: AsUser, key: Key = None, as_json: AsJson = False
) -> int:
    """Propose to give up the principal that is still out; nobody types an amount."""
    page = _page(case)
    amount = _amount(page, _proposed(page, _number(decision)) if key else None)
    body = ProposeWriteOff(decision=_number(decision), amount_fen=amount, reason=reason)
    return do_act(page.case_no, body, as_user, key, as_json)


def approve_write_off(
    case: Case, decision: Decision, as_user: AsUser, yes: Yes = False, key: Key = None, as_json: AsJson = False
) -> int:
    """Show the proposal, ask, and approve exactly that; where nothing is proposed, the case itself says so."""
    page = _page(case)
    proposed = _proposed(page, _number(decision))
    if proposed and not as_json:
        _show(page, proposed)
    if proposed:
        require_consent(yes)
    body = ApproveWriteOff(decision=_number(decision), amount_fen=_amount(page, proposed))
    return do_act(page.case_no, body, as_user, key, as_json)


def _page(case: str) -> CasePage:
    number = case_no_of(case)
    with Office() as office, office.begin() as session:
        return case_page(session, number)


def _number(typed: str) -> str:
    number = typed.strip()
    if not 0 < len(number) <= 200:
        raise Misuse("cli.usage.decision", value=typed)
    return number


def _proposed(page: CasePage, decision: str) -> Recorded | None:
    """The last proposal of that decision that the case took."""
    taken = [act for act in page.acts if act.kind is ActKind.PROPOSE_WRITE_OFF and act.state == ActState.ACCEPTED]
    return next((act for act in reversed(taken) if act.body["decision"] == decision), None)


def _amount(page: CasePage, proposed: Recorded | None) -> int:
    """What was proposed; where nothing was, the principal that is still out."""
    amount: int = proposed.body["amount_fen"] if proposed else page.position.outstanding_fen
    if not amount:
        raise XuqiaoError("act.nothing_outstanding", case=page.case_no)
    return amount


def _show(page: CasePage, proposed: Recorded) -> None:
    section("write_off")
    fields(
        (
            ("decision", proposed.body["decision"]),
            ("amount", money(proposed.body["amount_fen"])),
            ("outstanding", money(page.position.outstanding_fen)),
            ("reason", proposed.body["reason"]),
            ("maker", f"{proposed.actor_name}  {moment(proposed.recorded_at)}"),
        )
    )
