"""What a person may do to a case next, and why he may not do the rest: one answer for command line, API and pages."""

from collections.abc import Callable, Mapping

from sqlmodel import Session

from models.cases.case_file import the_case
from models.cases.standing import names_of, standing_of
from models.cases.views import Reason
from models.funds.people import actor, refuse_cashier, the_person
from rulebook.acts import NOT_FOR_CASHIERS
from rulebook.errors import XuqiaoError
from rulebook.messages import Actor
from rulebook.next_acts import Verdict, had_a_part, verdicts
from rulebook.stages import ActKind, Role
from rulebook.values import Value


class Participant(Value):
    """A person who has had a part in the case."""

    person: str
    name: str


class Barred(Participant):
    """One who may not do an act for that part, and the reason."""

    reason: Reason


class NextAct(Value):
    """An act of the stage a case is in.

    Attributes:
        role: whose part it is.
        refused: why it cannot be done now; None where it can.
        barred: who may not do it for the part he has had in the case (不相容岗位分离).
        not_for: people who hold one of these roles may not do it, whoever they are.
        only: who alone may do it now, for the part he has had; nobody is named where others may, or nobody.
    """

    kind: ActKind
    role: Role
    refused: Reason | None
    barred: tuple[Barred, ...]
    not_for: tuple[Role, ...]
    only: tuple[Participant, ...]


def next_acts(session: Session, case_no: str, person: str | None = None) -> tuple[NextAct, ...]:
    """The acts of the stage a case is in, in the order of the table of stages; papers only where they are waited for.

    Args:
        person: id of the one who asks; None asks for somebody who has had no part in the case.
    Returns:
        those that may be done now and those that may not: an act is offered where some act of its kind would be
        taken. What it says, such as an amount over the ceiling, may be refused all the same.
    Raises:
        XuqiaoError: ``case.unknown``, ``person.unknown``.
    """
    case = the_case(session, case_no)
    standing = standing_of(session, case)
    who = _in_role(session, the_person(session, person).id, case.fund) if person is not None else None
    names = names_of(session, had_a_part(standing.rules_look_at))
    return tuple(_said(verdict, names) for verdict in verdicts(standing, names, who))


def _in_role(session: Session, person: str, fund: str) -> Callable[[ActKind, Role], Actor]:
    def in_role(kind: ActKind, role: Role) -> Actor:
        found = actor(session, person, role, fund)
        if kind in NOT_FOR_CASHIERS:
            refuse_cashier(session, found, fund)
        return found

    return in_role


def _said(verdict: Verdict, names: Mapping[str, str]) -> NextAct:
    return NextAct(
        kind=verdict.kind,
        role=verdict.role,
        refused=verdict.refused and _reason(verdict.refused),
        barred=tuple(
            Barred(person=person, name=names.get(person, person), reason=_reason(refusal))
            for person, refusal in verdict.barred.items()
        ),
        not_for=(Role.CASHIER,) if verdict.kind in NOT_FOR_CASHIERS else (),
        only=tuple(Participant(person=person, name=names.get(person, person)) for person in verdict.only),
    )


def _reason(refusal: XuqiaoError) -> Reason:
    return Reason(code=refusal.code, params=refusal.params)
