"""The page of a case in a terminal, and the same as data; lists of cases and messages."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from activities.cases.next_acts import NextAct
from activities.cases.wording import awaited, due_words
from activities.wording import masked, moment, money, plain, short
from activities.words import say_error, say_finding, say_reason
from models.cases.lists import CaseView
from models.cases.views import (
    ApprovalView,
    CasePage,
    EventView,
    MeasureView,
    MessageView,
    PromiseView,
    Reason,
    Recorded,
)
from rulebook.books.postings import Position
from rulebook.errors import XuqiaoError
from rulebook.findings import Finding, Result
from rulebook.stages import ENDS, CaseStage
from rulebook.steps import INSTEAD_OF, REFUSAL
from runtime.cli.language import call
from runtime.cli.output import fields, line, say, section, word
from runtime.cli.tables import table

_OF_REFUSAL = f"{REFUSAL}."
_ENDED = {stage.value for stage in ENDS}


def show_cases(cases: Sequence[CaseView]) -> None:
    """A list of cases."""
    table(
        ("case", "applicant", "bank", "maturity", "stage", "awaits", "role", "due", "route", "amount"),
        (
            (
                case.case_no,
                case.applicant_name,
                case.bank_name,
                case.maturity,
                word("stage", case.stage) + _why_ended(case.stage, case.end_reason),
                awaited(case.awaits, call.lang),
                word("role", case.awaits_role),
                due_words(case.due, call.lang, overdue=case.overdue),
                word("route", case.route),
                money(case.amount_fen or case.asked_fen),
            )
            for case in cases
        ),
        right=("amount",),
    )


def _why_ended(stage: CaseStage, reason: str | None) -> str:
    return f" ({say_reason(stage, reason, call.lang)})" if reason and stage in ENDS else ""


def show_messages(messages: Sequence[MessageView]) -> None:
    """A list of the bank's messages."""
    table(
        ("message", "case", "kind", "at", "actor", "organisation", "state", "source", "officers", "reason"),
        (
            (
                message.id,
                message.case_no,
                word("message", message.kind),
                moment(message.occurred_at),
                message.actor_name,
                message.organisation,
                word("cli.state", message.state),
                word("cli.source", message.source),
                " / ".join(name for name in (message.recorded_by, message.verified_by) if name),
                _because(message.reason),
            )
            for message in messages
        ),
    )


def _because(reason: Reason | None) -> str:
    return say_error(XuqiaoError(reason.code, **reason.params), call.lang) if reason else ""


def with_sentences(recorded: Recorded) -> dict[str, Any]:
    """An act or message as data, with the sentence of why it was refused."""
    data: dict[str, Any] = plain(recorded)
    if recorded.reason:
        data["reason"]["message"] = _because(recorded.reason)
    return data


def case_data(page: CasePage) -> dict[str, Any]:
    """The page as data: with words where a person would read words, and without whole account numbers."""
    data: dict[str, Any] = plain(page)
    data["account_number"], data["phone"] = masked(page.account_number), masked(page.phone)
    data["acts"] = [with_sentences(act) for act in page.acts]
    data["messages"] = [with_sentences(message) for message in page.messages]
    for shown, event in zip(data["events"], page.events, strict=True):
        shown["message"] = event_words(event)
    for shown, judgement in zip(data["judgements"], page.judgements, strict=True):
        _add_sentences(shown["findings"], judgement.findings)
        _add_sentences(shown["direct_findings"] or [], judgement.direct_findings or ())
    for shown, approval in zip(data["approvals"], page.approvals, strict=True):
        _add_sentences(shown["findings"], approval.findings)
    holds = page.approval and page.approval.attempt
    data["approval"] = next((each for each in data["approvals"] if each["attempt"] == holds), None)
    return data


def next_acts_data(acts: Sequence[NextAct]) -> dict[str, Any]:
    """What may be done to the case now, and what may not, with the sentences of the reasons, as data."""
    return {
        "next_acts": [_act_data(act) for act in acts if not act.refused],
        "not_now": [{**_act_data(act), "reason": _reason_data(act.refused)} for act in acts if act.refused],
    }


def _act_data(act: NextAct) -> dict[str, Any]:
    barred = [{"person": each.person, "name": each.name, "reason": _reason_data(each.reason)} for each in act.barred]
    return {**plain(act.model_dump(mode="json", exclude={"refused"})), "barred": barred}


def _reason_data(reason: Reason) -> dict[str, Any]:
    return {**plain(reason), "message": _because(reason)}


def _add_sentences(shown: list[dict[str, Any]], findings: Iterable[Finding]) -> None:
    for each, finding in zip(shown, findings, strict=True):
        each["message"] = say_finding(finding, call.lang)


def event_words(event: EventView) -> str:
    """One line of the log in words, with what it says about itself."""
    needed = {
        name.removeprefix(_OF_REFUSAL): value for name, value in event.detail.items() if name.startswith(_OF_REFUSAL)
    }
    details = [
        f"{word('cli.detail', name)} {_detail(event.stage, name, value, needed)}"
        for name, value in sorted(event.detail.items(), key=_place_of)
        if value and not name.startswith(_OF_REFUSAL)
    ]
    happened = word("event", event.kind)
    return f"{happened}{say('cli.colon')}{say('cli.semicolon').join(details)}" if details else happened


def _place_of(detail: tuple[str, str]) -> int:
    """What was decided stands first, and the whole sentences of a refusal last; the rest as it is kept."""
    return {INSTEAD_OF: 0, REFUSAL: 2}.get(detail[0], 1)


def _detail(stage: CaseStage, name: str, value: str, needed: Mapping[str, str]) -> str:
    """One thing an event says of itself; a refusal is said with what its sentence needs."""
    if name == REFUSAL:
        return say_error(XuqiaoError(value, **needed), call.lang)
    if name == "reason":
        return say_reason(stage, value, call.lang)
    group = {"answer": "answer", "rung": "rung", "paper": "paper", INSTEAD_OF: "event"}.get(name)
    return word(group, value) if group else value


# The page ------------------------------------------------------------------------------------------------------


def show_case(page: CasePage, acts: Sequence[NextAct]) -> None:
    """The whole page."""
    line(f"{page.case_no}  {page.applicant_name}")
    _show_standing(page, acts)
    _show_application(page)
    _show_judgements(page)
    show_terms(page)
    _show_money(page)
    _show_log(page)
    _show_record(page)


def _show_standing(page: CasePage, acts: Sequence[NextAct]) -> None:
    stage = word("stage", page.stage) + _why_ended(page.stage, page.end_reason)
    since = moment(page.stage_since)
    fields(
        (
            ("fund", f"{page.fund} {page.fund_name}"),
            ("stage", f"{stage}{say('cli.since', at=since) if since else ''}"),
            ("route", word("route", page.route)),
            ("answer", word("answer", page.answer)),
        )
    )
    if page.task:
        about = (
            awaited(page.task.kind, call.lang),
            word("role", page.task.role),
            due_words(page.task.due, call.lang, overdue=page.task.overdue, provisional=page.task.provisional),
        )
        fields([("awaits", "  ".join(part for part in about if part))])
    fields([("next_acts", say("cli.semicolon").join(_act_words(act) for act in acts if not act.refused))])
    fields(("not_now", f"{_act_words(act)}{say('cli.colon')}{_because(act.refused)}") for act in acts if act.refused)
    fields([("workflow", page.workflow_id)])
    if page.queued:
        fields([("queued", f"{moment(page.queued.queued_at)}  {say(page.queued.reason)}")])


def _act_words(act: NextAct) -> str:
    """An act, whose part it is, and who of those may not do it, or may alone."""
    who = [word("role", act.role)]
    if act.barred:
        who.append(say("cli.acts.barred", names=", ".join(each.name for each in act.barred)))
    if act.not_for:
        who.append(say("cli.acts.not_for", roles=", ".join(act.not_for)))
    if act.only:
        who.append(say("cli.acts.only", names=", ".join(each.name for each in act.only)))
    return f"{word('act', act.kind)} ({say('cli.semicolon').join(who)})"


def _show_application(page: CasePage) -> None:
    facts = page.facts
    section("application")
    fields(
        (
            ("uscc", page.uscc),
            ("legal_representative", page.legal_representative),
            ("phone", masked(page.phone)),
            ("applicant_kind", word("applicant", facts.applicant.kind)),
            ("industry", facts.applicant.industry),
            ("employees", facts.applicant.employees),
            ("revenue", money(facts.applicant.revenue_fen)),
            ("assets", money(facts.applicant.assets_fen)),
            ("bank", page.bank_name),
            ("loan_note", page.loan_note),
            ("loan_kind", word("loan", page.loan_kind)),
            ("loan_balance", money(page.loan_balance_fen)),
            ("maturity", page.maturity),
            ("risk_class", word("risk", facts.loan.risk_class)),
            ("asked", money(facts.asked_fen)),
            ("own_contribution", money(facts.own_contribution_fen)),
            ("account", _account(page)),
            ("collateral", " ".join(part for part in (page.collateral_type, page.collateral) if part)),
            ("certificate", page.collateral_certificate),
            ("guarantors", ", ".join(page.guarantors)),
            ("received", f"{page.received_on}  {page.filed_by}  {page.source}"),
            ("measure", page.measure and f"{page.measure.pack}  {page.measure.document}  {short(page.measure.digest)}"),
            ("operator_choices", page.measure and _own_choices(page.measure)),
        )
    )


def _own_choices(measure: MeasureView) -> str:
    """What of the measure is not the law but the operator's choice, and what that is cited as."""
    names = ", ".join(word("measure", name) for name in measure.operator_choices)
    return f"{measure.overlay}{say('cli.colon')}{names}" if names else ""


def _account(page: CasePage) -> str:
    return f"{page.account_name}  {masked(page.account_number)}  {page.account_branch}"


def _show_judgements(page: CasePage) -> None:
    for judgement in page.judgements:
        section("judgement")
        fields([("result", word("result", judgement.result))])
        _show_findings(judgement.findings)
        if judgement.direct_findings is not None:
            section("direct")
            fields([("result", word("result", judgement.direct_result))])
            _show_findings(judgement.direct_findings)


def _show_findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        mark = {Result.PASS: "✓", Result.REFER: "?", Result.FAIL: "✗"}[finding.result]
        line(f"  {mark} {say_finding(finding, call.lang)}")


def terms_of(page: CasePage) -> dict[str, Any] | None:
    """What an approval would bind, as data."""
    return case_data(page)["approval"] if page.approval else None


def show_terms(page: CasePage) -> None:
    """The bank's promise and the proposal that rests on it: what a checker must see."""
    if page.promise:
        section("promise")
        _show_promise(page.promise)
    for approval in page.approvals:
        if approval.voided_at is None or approval is page.approvals[-1]:
            _show_approval(approval, page)


def _show_promise(promise: PromiseView) -> None:
    fields(
        (
            ("rung", word("rung", promise.rung)),
            ("amount", money(promise.amount_fen)),
            ("valid_until", promise.valid_until),
            ("reference", promise.reference),
            ("signatory", promise.signatory),
            ("authority", money(promise.authority_fen)),
            ("conditions", promise.conditions),
        )
    )


def _show_approval(approval: ApprovalView, page: CasePage) -> None:
    section("approval")
    fields(
        (
            ("attempt", approval.attempt),
            ("amount", money(approval.amount_fen)),
            ("ceiling", f"{money(approval.ceiling_fen)} ({word('bound', approval.bound_by)})"),
            ("account", _account(page)),
            ("maker", f"{approval.maker_name or approval.maker}  {moment(approval.proposed_at)}"),
            (
                "checker",
                approval.checker and f"{approval.checker_name or approval.checker}  {moment(approval.approved_at)}",
            ),
            ("voided", moment(approval.voided_at)),
            ("terms_digest", approval.terms_digest),
        )
    )
    _show_findings(approval.findings)


def _show_money(page: CasePage) -> None:
    if page.payments:
        section("payments")
        table(
            ("number", "amount", "state", "at", "reference", "receipt", "statement", "reason"),
            (
                (
                    payment.number,
                    money(payment.amount_fen),
                    word("cli.payment", payment.state),
                    moment(payment.decided_at or payment.intended_at),
                    payment.reference,
                    _by(payment.receipt_serial, payment.sent_by),
                    _by(payment.statement_reference, payment.confirmed_by),
                    payment.reason and say_reason(page.stage, payment.reason, call.lang),
                )
                for payment in page.payments
            ),
            right=("number", "amount"),
        )
    if page.position != Position(reserved_fen=0, outstanding_fen=0, principal_returned_fen=0, fee_received_fen=0):
        section("position")
        fields((name.removesuffix("_fen"), money(fen)) for name, fen in page.position.model_dump().items())
    fields((("days", page.days), ("fee", money(page.fee_fen)), ("new_loan", page.new_loan_note)))


def _by(what: str | None, who: str | None) -> str:
    return f"{what} ({who})" if what and who else what or ""


def _show_log(page: CasePage) -> None:
    section("events")
    table(
        ("at", "stage", "event", "actor", "role"),
        (
            (
                moment(event.at),
                word("stage", event.stage),
                event_words(event),
                event.actor_name,
                word("role", event.actor_role),
            )
            for event in page.events
        ),
    )


def _show_record(page: CasePage) -> None:
    refused = [act for act in page.acts if act.reason]
    if refused:
        section("refused_acts")
        table(
            ("at", "act", "actor", "reason"),
            ((moment(act.recorded_at), word("act", act.kind), act.actor_name, _because(act.reason)) for act in refused),
        )
    if page.messages:
        section("messages")
        show_messages(page.messages)
    if page.documents:
        section("documents")
        table(
            ("paper", "document_no", "pages", "at", "digest"),
            (
                (word("paper", paper.kind), paper.number, paper.pages, moment(paper.made_at), short(paper.sha256))
                for paper in page.documents
            ),
            right=("pages",),
        )
