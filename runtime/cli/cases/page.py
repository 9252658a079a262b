"""The page of a case in a terminal; lists of cases and messages."""

from collections.abc import Iterable, Sequence

from activities.cases.next_acts import NextAct
from activities.cases.page import (
    account_of,
    account_remark,
    act_words,
    basis_words,
    because,
    event_words,
    own_choices,
    part_words,
)
from activities.cases.wording import awaited, due_words, say_reason, why_ended
from activities.wording import masked, moment, money, short
from activities.words import say_finding
from models.cases.lists import CaseView
from models.cases.views import (
    ApprovalView,
    CasePage,
    DocumentView,
    MessageView,
    PromiseView,
)
from rulebook.books.postings import Position
from rulebook.findings import Finding, Result
from runtime.cli.language import call
from runtime.cli.output import fields, line, say, section, word
from runtime.cli.tables import table


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
                word("stage", case.stage) + why_ended(case.stage, case.end_reason, call.lang),
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
                because(message.reason, call.lang),
            )
            for message in messages
        ),
    )


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
    stage = word("stage", page.stage) + why_ended(page.stage, page.end_reason, call.lang)
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
    fields([("next_acts", say("cli.semicolon").join(act_words(act, call.lang) for act in acts if not act.refused))])
    fields(
        ("not_now", f"{act_words(act, call.lang)}{say('cli.colon')}{because(act.refused, call.lang)}")
        for act in acts
        if act.refused
    )
    if word_only := page.on_word:
        papers = "、".join(word("paper", kind) for kind in word_only.papers)
        fields([("signing", say("signing.on_word", by=word_only.recorded_by, on=word_only.signed_on, papers=papers))])
    fields([("workflow", page.workflow_id), ("earlier_case", page.follows), ("later_case", page.followed_by)])
    if page.queued:
        fields([("queued", f"{moment(page.queued.queued_at)}  {say(page.queued.reason)}")])


def _show_application(page: CasePage) -> None:
    facts = page.facts
    section("application")
    fields(
        (
            ("uscc", page.uscc),
            ("legal_representative", page.legal_representative),
            ("phone", masked(page.phone)),
            ("address", page.address),
            ("contact", page.contact),
            ("email", page.email),
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
            ("account", account_of(page)),
            ("account_remark", account_remark(page, call.lang)),
            ("collateral", " ".join(part for part in (page.collateral_type, page.collateral) if part)),
            ("certificate", page.collateral_certificate),
            ("guarantors", ", ".join(page.guarantors)),
            ("received", f"{page.received_on}  {page.filed_by}  {page.source}"),
            ("measure", page.measure and f"{page.measure.pack}  {page.measure.document}  {short(page.measure.digest)}"),
            ("operator_choices", page.measure and own_choices(page.measure, call.lang)),
        )
    )


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
            ("account", account_of(page)),
            ("account_remark", account_remark(page, call.lang)),
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
                    _by(payment.receipt_serial, payment.sent_by or payment.not_sent_by),
                    _by(payment.statement_reference, payment.confirmed_by),
                    say_reason(page.stage, payment.reason, call.lang) if payment.reason else payment.not_sent_reason,
                )
                for payment in page.payments
            ),
            right=("number", "amount"),
        )
    if page.position != Position(reserved_fen=0, outstanding_fen=0, principal_returned_fen=0, fee_received_fen=0):
        section("position")
        fields((name.removesuffix("_fen"), money(fen)) for name, fen in page.position.model_dump().items())
    if page.receipts:
        section("receipts")
        table(
            ("reference", "amount", "at", "stands_on"),
            (
                (each.reference, money(each.amount_fen), each.booked_on, basis_words(each, call.lang))
                for each in page.receipts
            ),
            right=("amount",),
        )
    fields((("days", page.days), ("fee", money(page.fee_fen)), ("new_loan", page.new_loan_note)))


def _paper(paper: DocumentView) -> str:
    return word("paper", paper.kind) + (say("cli.out_of_date") if paper.out_of_date else "")


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
                event_words(event, call.lang),
                event.actor_name,
                part_words(event.actor_id, event.actor_role, call.lang),
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
            (
                (moment(act.recorded_at), word("act", act.kind), act.actor_name, because(act.reason, call.lang))
                for act in refused
            ),
        )
    if page.messages:
        section("messages")
        show_messages(page.messages)
    if page.documents:
        section("documents")
        table(
            ("paper", "document_no", "pages", "at", "digest"),
            (
                (_paper(paper), paper.number, paper.pages, moment(paper.made_at), short(paper.sha256))
                for paper in page.documents
            ),
            right=("pages",),
        )
