"""The papers of a case: which there are, and everything they show, as plain values."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from pydantic import Field

from rulebook.errors import XuqiaoError
from rulebook.values import Value


class DocumentKind(StrEnum):
    """What can be drawn up for a case."""

    RENEWAL_COMMITMENT = "renewal_commitment"  # 续贷承诺函
    TRIPARTITE_AGREEMENT = "tripartite_agreement"  # 三方协议
    TRANSFER_INSTRUCTION = "transfer_instruction"  # 划款通知书
    SETTLEMENT_CERTIFICATE = "settlement_certificate"  # 结清证明
    REFUSAL_NOTICE = "refusal_notice"  # 不予支持告知书


class FeeStep(Value):
    """One tier of the usage fee (资金使用费).

    Attributes:
        from_day: first day of the tier; the day of payment is day 1.
        through_day: last day of the tier; None when the tier is open.
        daily_rate_ppm: rate per day in millionths of the principal; 200 is 0.02 %.
    """

    from_day: int = Field(ge=1)
    through_day: int | None = None
    daily_rate_ppm: int = Field(ge=0)


class PaperFinding(Value):
    """One reason as a paper states it: the sentence, and the article (or whose choice the rule is)."""

    sentence: str
    citation: str


class PaperAccount(Value):
    """An account as a paper shows it: its holder, its number, the bank that keeps it."""

    name: str
    number: str
    bank: str


class PaperData(Value):
    """Everything a paper shows. Which optional facts a kind needs is in ``REQUIRED``.

    Attributes:
        case_no: the case's number; on every page.
        document_no: the paper's own number; on every page.
        issued_on: the date on the paper, and the PDF's own date.
        fund_name: the bridging fund, such as 东海县企业转贷应急资金.
        operator_name: who runs the fund (承办主体) and signs for it.
        measure_document: document number of the measure the case is judged under.
        operator_choices: names of the values that are the operator's own choice, as the measure lists them
            (``deadline.new_loan``, ``release.cut_off``); a paper marks those it prints and passes over the others.
        balance_fen: principal of the maturing loan.
        bridge_fen: the bridge.
        promised_fen: the renewed loan promised by the bank.
        authority_fen: the most the signatory may promise.
        signatory: name and post of the person who signs the promise for the bank.
        payee_account_name: the borrower's registered repayment account at the lending bank; with number and branch.
        custodian_account: the fund's ring-fenced account (专户); money leaves from it and returns to it.
        fee_steps: the tiers of the usage fee.
        first_day_counts: whether the day of payment bears the fee; ``last_day_counts`` the day of return.
        days_off_count: whether weekends and holidays bear the fee.
        minimum_fee_fen: the least that the fee comes to; None where the measure has none.
        expected_days: the days the bridge may be out, working days where ``term_in_working_days``.
        fee_fen: before payment the fee for ``expected_days``, after it the fee as settled.
        new_loan_days: working days from settlement of the old loan to release of the new one.
        pay_by: last day on which the money may leave.
        cut_off: time of that day, such as 16:30.
        terms_digest: what the approval binds.
        paid_on: day the bridge was paid; ``returned_on`` the day all of it was back.
        days_out: days between them, as the measure counts.
        new_loan_note: number of the renewed loan's note.
        renewed_fen: principal of the renewed loan.
        review_days: working days in which a review (复核) may be asked for.
    """

    case_no: str
    document_no: str
    issued_on: date
    fund_name: str
    operator_name: str
    measure_document: str
    operator_choices: tuple[str, ...] = ()

    borrower_name: str
    borrower_uscc: str
    bank_name: str
    bank_branch: str = ""
    loan_note: str
    maturity: date
    balance_fen: int = Field(ge=0)

    bridge_fen: int | None = Field(default=None, gt=0)
    promised_fen: int | None = Field(default=None, gt=0)
    promise_reference: str | None = None
    promise_valid_until: date | None = None
    promise_conditions: str = ""
    signatory: str | None = None
    authority_fen: int | None = Field(default=None, gt=0)

    payee_account_name: str | None = None
    payee_account_number: str | None = None
    payee_account_branch: str | None = None
    custodian_account: PaperAccount | None = None
    fee_steps: tuple[FeeStep, ...] = ()
    first_day_counts: bool = True
    last_day_counts: bool = False
    days_off_count: bool = True
    minimum_fee_fen: int | None = Field(default=None, ge=0)
    term_in_working_days: bool = False
    expected_days: int | None = Field(default=None, ge=1)
    fee_fen: int | None = Field(default=None, ge=0)
    new_loan_days: int | None = Field(default=None, ge=1)
    pay_by: date | None = None
    cut_off: str | None = None
    terms_digest: str | None = None

    paid_on: date | None = None
    returned_on: date | None = None
    days_out: int | None = Field(default=None, ge=0)
    new_loan_note: str | None = None
    renewed_fen: int | None = Field(default=None, gt=0)

    findings: tuple[PaperFinding, ...] = ()
    review_days: int | None = Field(default=None, ge=1)


_PROMISE = ("bridge_fen", "promised_fen", "promise_reference", "promise_valid_until")
_PAYEE = ("payee_account_name", "payee_account_number", "payee_account_branch", "custodian_account")

REQUIRED: Mapping[DocumentKind, tuple[str, ...]] = {
    DocumentKind.RENEWAL_COMMITMENT: (*_PROMISE, "signatory", "custodian_account", "expected_days"),
    DocumentKind.TRIPARTITE_AGREEMENT: (*_PROMISE, *_PAYEE, "fee_steps", "expected_days"),
    DocumentKind.TRANSFER_INSTRUCTION: ("bridge_fen", *_PAYEE),
    DocumentKind.SETTLEMENT_CERTIFICATE: ("bridge_fen", "paid_on", "returned_on", "days_out", "fee_fen"),
    DocumentKind.REFUSAL_NOTICE: ("findings",),
}
"""The optional facts without which a kind of paper cannot be drawn up."""

_ALWAYS = tuple(name for name, field in PaperData.model_fields.items() if field.is_required())


def check_complete(kind: DocumentKind, data: PaperData) -> None:
    """That every fact a kind of paper needs is there: a paper never leaves the house with a hole in it.

    Raises:
        XuqiaoError: ``papers.missing_fact`` with the first fact that is missing or blank.
    """
    for field in (*_ALWAYS, *REQUIRED[kind]):
        value = getattr(data, field)
        if value is None or value == () or (isinstance(value, str) and not value.strip()):
            raise XuqiaoError("papers.missing_fact", kind=kind.value, field=field, case=data.case_no)
