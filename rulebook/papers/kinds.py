"""The kinds of papers, one row for each: its letters, what it needs, when it is drawn up and for whom."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NamedTuple

from rulebook.stages import CaseStage


class DocumentKind(StrEnum):
    """What can be drawn up for a case."""

    APPLICATION_FORM = "application_form"  # 申请审批表
    CORRECTION_NOTICE = "correction_notice"  # 补正告知书
    REFUSAL_NOTICE = "refusal_notice"  # 不予支持告知书
    RENEWAL_COMMITMENT = "renewal_commitment"  # 续贷承诺函
    MINUTES = "minutes"  # 会议纪要
    GUARANTOR_CONSENT = "guarantor_consent"  # 担保人知情同意书
    COOPERATION_AGREEMENT = "cooperation_agreement"  # 合作协议, between fund and bank
    LIAISON_FORM = "liaison_form"  # 转贷工作联系单, per case under a cooperation agreement
    TRIPARTITE_AGREEMENT = "tripartite_agreement"  # 三方协议
    USAGE_AGREEMENT = "usage_agreement"  # 资金使用协议
    ENTRUSTED_LOAN_AGREEMENT = "entrusted_loan_agreement"  # 委托贷款合同
    DRAWDOWN_REQUEST = "drawdown_request"  # 用款申请函
    TRANSFER_INSTRUCTION = "transfer_instruction"  # 划款通知书
    RELEASE_CHECKLIST = "release_checklist"  # 放款核验记录
    DISBURSEMENT_FORM = "disbursement_form"  # 资金拨付审批单
    PAYMENT_REMINDER = "payment_reminder"  # 还款提醒
    PAYMENT_DEMAND = "payment_demand"  # 催收函
    BREACH_NOTICE = "breach_notice"  # 违约通知
    EXTENSION_AGREEMENT = "extension_agreement"  # 展期协议
    SETTLEMENT_CERTIFICATE = "settlement_certificate"  # 结清证明
    ARCHIVE_INDEX = "archive_index"  # 归档目录


class LegalForm(StrEnum):
    """What binds the parties of a bridge; the measure chooses."""

    THREE_PARTY = "three_party"  # 三方协议
    LIAISON_FORM = "liaison_form"  # 合作协议 and a 联系单 for each case, with a 使用协议
    USAGE_AGREEMENT = "usage_agreement"  # 承诺书 and 使用协议
    ENTRUSTED_LOAN = "entrusted_loan"  # 委托贷款


class Occasion(StrEnum):
    """When a paper is drawn up: by the story, or because an officer asks for it."""

    BEFORE_PAYMENT = "before_payment"  # once for each approval, for signing
    RELEASE_DAY = "release_day"  # once for each release: on its day, before the money leaves
    REFUSAL = "refusal"
    CLOSING = "closing"  # what the archive must hold of a bridge, where it does not yet
    REQUEST = "request"


class Involved(StrEnum):
    """Who is not part of every case."""

    GUARANTORS = "guarantors"  # somebody guarantees the loan, and signs that he knows of its renewal


class PaperRow(NamedTuple):
    """What holds for all papers of a kind.

    Attributes:
        short: the letters that stand for it in a paper's number.
        needs: the optional facts, by their names in ``PaperData``, without which it cannot be drawn up.
        drawn: on which occasions.
        stage: where a case stands then; the invented case is shown as it is in that stage.
        forms: the legal forms that it is an agreement of; empty for what every bridge has.
        only_with: who must be part of the case; else there is no such paper.
        sign: the one sign that names its sort in the number of a letter (文种); empty for what is no letter.
        of_a_debt: it is about money still owed: nobody is reminded of what he has paid, and nothing is extended that
            is back.
    """

    short: str
    needs: tuple[str, ...]
    drawn: tuple[Occasion, ...]
    stage: CaseStage
    forms: tuple[LegalForm, ...] = ()
    only_with: Involved | None = None
    sign: str = ""
    of_a_debt: bool = False


_PROMISE = ("bridge_fen", "promised_fen", "promise_reference", "promise_valid_until")
_PAYEE = ("payee_account_name", "payee_account_number", "payee_account_branch", "custodian_account")
_FEE = ("fees", "term_days")
_OWED = ("bridge_fen", "paid_on", "due_on", "principal_owed_fen", "fee_owed_fen", "custodian_account")
_RELEASED = ("bridge_fen", *_PAYEE, "acts")
_COOPERATION = ("cooperation_from", "cooperation_until", "cooperation_ceiling_fen", "custodian_account")

_BEFORE_PAYMENT = (Occasion.BEFORE_PAYMENT,)
_ON_REQUEST = (Occasion.REQUEST,)
_AT_CLOSING_OR_SOONER = (Occasion.CLOSING, Occasion.REQUEST)
# At closing only where a case that was released by an earlier edition has none.
_ON_RELEASE_DAY = (Occasion.RELEASE_DAY, Occasion.CLOSING, Occasion.REQUEST)

PAPERS: Mapping[DocumentKind, PaperRow] = {
    DocumentKind.APPLICATION_FORM: PaperRow(
        short="SP",
        needs=("applicant", "findings", "acts", "bridge_fen", "ceiling_fen"),
        drawn=_BEFORE_PAYMENT,
        stage=CaseStage.AGREEMENT,
    ),
    DocumentKind.CORRECTION_NOTICE: PaperRow(
        short="BZ", needs=("missing_papers", "answer_by"), drawn=_ON_REQUEST, sign="补", stage=CaseStage.INTAKE
    ),
    DocumentKind.REFUSAL_NOTICE: PaperRow(
        short="BY", needs=("findings",), drawn=(Occasion.REFUSAL,), sign="告", stage=CaseStage.REFUSED
    ),
    DocumentKind.MINUTES: PaperRow(
        short="JY",
        needs=("bridge_fen", "minutes_reference", "applicant"),
        drawn=_ON_REQUEST,  # before the approval that cites them: what is printed after it would be no minutes of it
        stage=CaseStage.APPROVAL,
    ),
    DocumentKind.RENEWAL_COMMITMENT: PaperRow(
        short="CN",
        needs=(*_PROMISE, "signatory", "custodian_account", "term_days"),
        drawn=_BEFORE_PAYMENT,
        stage=CaseStage.AGREEMENT,
    ),
    DocumentKind.GUARANTOR_CONSENT: PaperRow(
        short="DB",
        needs=("guarantors", *_PROMISE),
        drawn=_BEFORE_PAYMENT,
        stage=CaseStage.AGREEMENT,
        only_with=Involved.GUARANTORS,
    ),
    DocumentKind.COOPERATION_AGREEMENT: PaperRow(
        short="HZ", needs=_COOPERATION, drawn=_ON_REQUEST, stage=CaseStage.AGREEMENT
    ),
    DocumentKind.LIAISON_FORM: PaperRow(
        short="LX",
        needs=(*_PROMISE, *_PAYEE, "term_days"),
        drawn=_BEFORE_PAYMENT,
        stage=CaseStage.AGREEMENT,
        forms=(LegalForm.LIAISON_FORM,),
    ),
    DocumentKind.TRIPARTITE_AGREEMENT: PaperRow(
        short="XY",
        needs=(*_PROMISE, *_PAYEE, *_FEE),
        drawn=_BEFORE_PAYMENT,
        stage=CaseStage.AGREEMENT,
        forms=(LegalForm.THREE_PARTY,),
    ),
    DocumentKind.USAGE_AGREEMENT: PaperRow(
        short="SY",
        needs=(*_PROMISE, *_PAYEE, *_FEE, "expected_days"),
        drawn=_BEFORE_PAYMENT,
        stage=CaseStage.AGREEMENT,
        forms=(LegalForm.LIAISON_FORM, LegalForm.USAGE_AGREEMENT),
    ),
    DocumentKind.ENTRUSTED_LOAN_AGREEMENT: PaperRow(
        short="WT",
        needs=(*_PROMISE, *_PAYEE, *_FEE, "expected_days", "entrusted_bank"),
        drawn=_BEFORE_PAYMENT,
        stage=CaseStage.AGREEMENT,
        forms=(LegalForm.ENTRUSTED_LOAN,),
    ),
    DocumentKind.DRAWDOWN_REQUEST: PaperRow(
        short="YK", needs=(*_PAYEE, "bridge_fen", "applicant"), drawn=_BEFORE_PAYMENT, stage=CaseStage.AGREEMENT
    ),
    DocumentKind.TRANSFER_INSTRUCTION: PaperRow(
        short="HK",
        needs=("bridge_fen", *_PAYEE),
        drawn=(Occasion.RELEASE_DAY,),
        sign="划",
        stage=CaseStage.DISBURSEMENT,
    ),
    DocumentKind.RELEASE_CHECKLIST: PaperRow(
        short="HY", needs=(*_RELEASED, "release_checks"), drawn=_ON_RELEASE_DAY, stage=CaseStage.DISBURSEMENT
    ),
    DocumentKind.DISBURSEMENT_FORM: PaperRow(
        short="BF", needs=_RELEASED, drawn=_ON_RELEASE_DAY, stage=CaseStage.DISBURSEMENT
    ),
    DocumentKind.PAYMENT_REMINDER: PaperRow(
        short="TX", needs=_OWED, drawn=_ON_REQUEST, sign="提", stage=CaseStage.REPAYMENT, of_a_debt=True
    ),
    DocumentKind.PAYMENT_DEMAND: PaperRow(
        short="CS",
        needs=(*_OWED, "fees", "answer_by"),
        drawn=_ON_REQUEST,
        sign="催",
        stage=CaseStage.RECOVERY,
        of_a_debt=True,
    ),
    DocumentKind.BREACH_NOTICE: PaperRow(
        short="WY",
        needs=("bridge_fen", "breaches", "in_breach", "answer_by"),
        drawn=_ON_REQUEST,
        sign="违",
        stage=CaseStage.REPAYMENT,
    ),
    DocumentKind.EXTENSION_AGREEMENT: PaperRow(
        short="ZQ",
        needs=(*_OWED, "extended_to", "fees"),
        drawn=_ON_REQUEST,
        stage=CaseStage.REPAYMENT,
        of_a_debt=True,
    ),
    DocumentKind.SETTLEMENT_CERTIFICATE: PaperRow(
        short="JQ",
        needs=("bridge_fen", "paid_on", "returned_on", "days_out", "fee_fen"),
        drawn=(Occasion.CLOSING,),
        sign="证",
        stage=CaseStage.CLOSED,
    ),
    DocumentKind.ARCHIVE_INDEX: PaperRow(
        short="GD", needs=("files",), drawn=_AT_CLOSING_OR_SOONER, stage=CaseStage.CLOSED
    ),
}
"""Every kind has its row; of those for one occasion the rows stand in the order in which they are drawn up."""


def drawn_on(occasion: Occasion) -> tuple[DocumentKind, ...]:
    """The kinds that can be drawn up on an occasion, in order.

    >>> [kind.value for kind in drawn_on(Occasion.CLOSING)][-2:]
    ['settlement_certificate', 'archive_index']
    """
    return tuple(kind for kind, row in PAPERS.items() if occasion in row.drawn)


def bound_by_approval(kind: DocumentKind) -> bool:
    """Whether a paper is drawn up once for each approval, and numbered as it is."""
    return PAPERS[kind].drawn == (Occasion.BEFORE_PAYMENT,)


def hangs_on_dates(kind: DocumentKind) -> bool:
    """Whether a paper says what follows from the days of a case: one that is corrected later puts it out of date.

    >>> hangs_on_dates(DocumentKind.PAYMENT_DEMAND), hangs_on_dates(DocumentKind.MINUTES)
    (True, False)
    """
    return bool({"fee_owed_fen", "returned_on", "files"} & {*PAPERS[kind].needs})


def signed_before_payment(kind: DocumentKind) -> bool:
    """Whether money waits for the signatures on a paper, where the measure or the operator wants them on record.

    >>> signed_before_payment(DocumentKind.DISBURSEMENT_FORM), signed_before_payment(DocumentKind.PAYMENT_REMINDER)
    (True, False)
    """
    return bool({Occasion.BEFORE_PAYMENT, Occasion.RELEASE_DAY} & {*PAPERS[kind].drawn})


def before_payment(
    form: LegalForm | None, listed: Collection[DocumentKind] | None, *, guarantors: bool
) -> tuple[DocumentKind, ...]:
    """The papers that are drawn up for signing once a bridge is approved.

    Args:
        form: the legal form the measure chooses; where it chooses none, three parties sign.
        listed: the measure's own list, which stands before the set of the legal form; what it lists of another
            occasion is drawn up then.
        guarantors: somebody guarantees the loan; else there is no consent of his.

    >>> papers = before_payment(LegalForm.USAGE_AGREEMENT, None, guarantors=False)
    >>> [kind.value for kind in papers][1:3]
    ['renewal_commitment', 'usage_agreement']
    """
    chosen = form or LegalForm.THREE_PARTY
    mine = drawn_on(Occasion.BEFORE_PAYMENT)
    of_the_form = (kind for kind in mine if not PAPERS[kind].forms or chosen in PAPERS[kind].forms)
    absent = () if guarantors else (Involved.GUARANTORS,)
    return tuple(kind for kind in listed or of_the_form if kind in mine and PAPERS[kind].only_with not in absent)


def on_release_day(listed: Collection[DocumentKind] | None) -> tuple[DocumentKind, ...]:
    """The papers that are drawn up on the release day, before the money leaves.

    Args:
        listed: the measure's own list of papers; an instruction to the bank that it leaves out is not drawn up, while
            the form of payment and the record of what was checked always are.

    >>> [kind.value for kind in on_release_day(None)]
    ['transfer_instruction', 'release_checklist', 'disbursement_form']
    """
    always = drawn_on(Occasion.CLOSING)
    return tuple(kind for kind in drawn_on(Occasion.RELEASE_DAY) if not listed or kind in listed or kind in always)
