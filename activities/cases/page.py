"""The page of a case, worded: as data for programs, and the sentences that people read on it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from activities.cases.next_acts import NextAct
from activities.cases.wording import say_reason
from activities.wording import masked, plain
from activities.words import Lang, say, say_error, say_finding, say_value
from models.cases.views import CasePage, EventView, MeasureView, Reason, Recorded
from rulebook.books.provisional import ReceiptBasis
from rulebook.cases import ApplicantKind
from rulebook.errors import XuqiaoError
from rulebook.findings import Finding
from rulebook.messages import MessageSource
from rulebook.money import format_yuan
from rulebook.parties.names import same_name
from rulebook.stages import CaseStage
from rulebook.steps import INSTEAD_OF, REFUSAL, SAID_BY

_OF_REFUSAL = f"{REFUSAL}."


def because(reason: Reason | None, lang: Lang) -> str:
    """Why something was refused, in a sentence; nothing where nothing was."""
    return say_error(XuqiaoError(reason.code, **reason.params), lang) if reason else ""


def with_sentences(recorded: Recorded, lang: Lang) -> dict[str, Any]:
    """An act or message as data, with the sentence of why it was refused."""
    data: dict[str, Any] = plain(recorded)
    if recorded.reason:
        data["reason"]["message"] = because(recorded.reason, lang)
    return data


def case_data(page: CasePage, lang: Lang) -> dict[str, Any]:
    """The page as data: with words where a person would read words, and without whole account numbers."""
    data: dict[str, Any] = plain(page)
    data["account_number"], data["phone"] = masked(page.account_number), masked(page.phone)
    data["acts"] = [with_sentences(act, lang) for act in page.acts]
    data["messages"] = [with_sentences(message, lang) for message in page.messages]
    for shown, receipt in zip(data["receipts"], page.receipts, strict=True):
        shown["basis"], shown["provisional"] = basis_words(receipt, lang), receipt.is_provisional
    for shown, event in zip(data["events"], page.events, strict=True):
        shown["message"] = event_words(event, lang)
    for shown, judgement in zip(data["judgements"], page.judgements, strict=True):
        _add_sentences(shown["findings"], judgement.findings, lang)
        _add_sentences(shown["direct_findings"] or [], judgement.direct_findings or (), lang)
    for shown, approval in zip(data["approvals"], page.approvals, strict=True):
        _add_sentences(shown["findings"], approval.findings, lang)
    holds = page.approval and page.approval.attempt
    data["approval"] = next((each for each in data["approvals"] if each["attempt"] == holds), None)
    return data


def next_acts_data(acts: Sequence[NextAct], lang: Lang) -> dict[str, Any]:
    """What may be done to the case now, and what may not, with the sentences of the reasons, as data."""
    return {
        "next_acts": [_act_data(act, lang) for act in acts if not act.refused],
        "not_now": [{**_act_data(act, lang), "reason": _reason_data(act.refused, lang)} for act in acts if act.refused],
    }


def _act_data(act: NextAct, lang: Lang) -> dict[str, Any]:
    barred = [
        {"person": each.person, "name": each.name, "reason": _reason_data(each.reason, lang)} for each in act.barred
    ]
    return {**plain(act.model_dump(mode="json", exclude={"refused"})), "barred": barred}


def _reason_data(reason: Reason, lang: Lang) -> dict[str, Any]:
    return {**plain(reason), "message": because(reason, lang)}


def _add_sentences(shown: list[dict[str, Any]], findings: Iterable[Finding], lang: Lang) -> None:
    for each, finding in zip(shown, findings, strict=True):
        each["message"] = say_finding(finding, lang)


def part_words(actor_id: str | None, role: str | None, lang: Lang) -> str:
    """Whose part somebody has in an event: whoever reads the bank's statement here is no clerk of that bank."""
    if (actor_id or "").startswith(f"{MessageSource.STATEMENT}:"):
        return say("part.from_statement", lang)
    return say_value("role", role, lang) if role else ""


def event_words(event: EventView, lang: Lang) -> str:
    """One line of the log in words, with what it says about itself."""
    needed = {
        name.removeprefix(_OF_REFUSAL): value for name, value in event.detail.items() if name.startswith(_OF_REFUSAL)
    }
    details = [
        f"{say_value('cli.detail', name, lang)} {_detail(event.stage, name, value, needed, lang)}"
        for name, value in sorted(event.detail.items(), key=_place_of)
        if value and name != SAID_BY and not name.startswith(_OF_REFUSAL)
    ]
    happened = say_value("event", event.kind, lang)
    return f"{happened}{say('cli.colon', lang)}{say('cli.semicolon', lang).join(details)}" if details else happened


def _place_of(detail: tuple[str, str]) -> int:
    """What was decided stands first, and the whole sentences of a refusal last; the rest as it is kept."""
    return {INSTEAD_OF: 0, REFUSAL: 2}.get(detail[0], 1)


def _detail(stage: CaseStage, name: str, value: str, needed: Mapping[str, str], lang: Lang) -> str:
    """One thing an event says of itself; a refusal is said with what its sentence needs."""
    if name == REFUSAL:
        return say_error(XuqiaoError(value, **needed), lang)
    if name == "reason":
        return say_reason(stage, value, lang)
    group = {"answer": "answer", "rung": "rung", "paper": "paper", "said": "dated", INSTEAD_OF: "event"}.get(name)
    return say_value(group, value, lang) if group else value


def act_words(act: NextAct, lang: Lang) -> str:
    """An act, whose part it is, and who of those may not do it, or may alone."""
    who = [say_value("role", act.role, lang)]
    if act.barred:
        who.append(say("cli.acts.barred", lang, names=", ".join(each.name for each in act.barred)))
    if act.not_for:
        who.append(say("cli.acts.not_for", lang, roles=", ".join(act.not_for)))
    if act.only:
        who.append(say("cli.acts.only", lang, names=", ".join(each.name for each in act.only)))
    return f"{say_value('act', act.kind, lang)} ({say('cli.semicolon', lang).join(who)})"


def basis_words(receipt: ReceiptBasis, lang: Lang) -> str:
    """What a receipt stands on: the line of the statement, who confirmed it, or that it is provisional."""
    if receipt.on_statement:
        return say("receipt.on_statement", lang, on=receipt.line_on, row=receipt.line_row)
    if receipt.line_fen is not None:
        shown = format_yuan(receipt.line_fen, grouped=True)
        return say("receipt.differs", lang, on=receipt.line_on, row=receipt.line_row, shown=shown)
    if receipt.confirmed_by:
        about = {"person": receipt.confirmed_by, "on": receipt.confirmed_on, "seen": receipt.seen}
        return say("receipt.confirmed", lang, **about)
    return say("receipt.provisional", lang)


def own_choices(measure: MeasureView, lang: Lang) -> str:
    """What of the measure is not the law but the operator's choice, and what that is cited as."""
    names = ", ".join(say_value("measure", name, lang) for name in measure.operator_choices)
    return f"{measure.overlay}{say('cli.colon', lang)}{names}" if names else ""


def account_of(page: CasePage) -> str:
    """The account that the money goes to, by its last digits."""
    return f"{page.account_name}  {masked(page.account_number)}  {page.account_branch}"


def account_remark(page: CasePage, lang: Lang) -> str:
    """What to look at where the account's name is not the applicant's, sign for sign; empty where it is."""
    if page.account_name == page.applicant_name:
        return ""
    if same_name(page.account_name, page.applicant_name):
        return say("workbook.account_spelt", lang, applicant=page.applicant_name)
    if page.facts.applicant.kind is ApplicantKind.OWNER:
        return ""
    return say("workbook.account_of_another", lang, applicant=page.applicant_name)


def terms_of(page: CasePage, lang: Lang) -> dict[str, Any] | None:
    """What an approval would bind, as data."""
    return case_data(page, lang)["approval"] if page.approval else None
