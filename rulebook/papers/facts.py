"""Everything the papers of a case show, as plain values."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from rulebook.errors import XuqiaoError
from rulebook.findings import Result
from rulebook.law.fees import DayCount, FeeTerms
from rulebook.law.provisions import DayOff
from rulebook.law.rates import Rate
from rulebook.papers.clauses import OptionalClause, PartyInBreach
from rulebook.papers.kinds import PAPERS, DocumentKind
from rulebook.papers.limits import (
    Amount,
    Count,
    Digest,
    Line,
    Name,
    OwnNumber,
    PaperValue,
    Reference,
    Rows,
    Text,
    check_whole,
)


class PaperFinding(PaperValue):
    """One finding as a paper states it: the sentence, and the article (or whose choice the rule is).

    Attributes:
        result: ``pass``, ``refer`` or ``fail``.
        decided: what a person decided about a ``refer``, with his reason; empty where nobody had to.
    """

    sentence: Text
    citation: Line
    result: Result = Result.FAIL
    decided: Text = ""


class PaperApplicant(PaperValue):
    """The borrower as the application form shows him, in words; None where nothing was said.

    Attributes:
        kind: such as 企业; ``size_class`` such as 小型企业; ``industry`` with its code.
        revenue_fen, assets_fen, tax_last_year_fen, asked_fen, own_contribution_fen: in fen.
    """

    kind: Name
    legal_representative: Name
    phone: Reference = ""
    industry: Name
    size_class: Name
    employees: Count | None = None
    revenue_fen: Amount | None = None
    assets_fen: Amount | None = None
    tax_last_year_fen: Amount | None = None
    asked_fen: Amount
    own_contribution_fen: Amount
    received_on: date
    applied_to_bank_on: date | None = None


class PaperGuarantor(PaperValue):
    """Who guarantees the bank's loan, each person alone: spouses too sign each for himself.

    Attributes:
        how: in what way, in words; empty where it was not recorded.
        relation: what he is to another guarantor, such as 夫妻; empty where he is nothing, or nobody said so.
    """

    name: Name
    how: Line = ""
    relation: Name = ""


class PaperCollateral(PaperValue):
    """One piece of security; ``anew``: it is released and registered again for the new loan."""

    kind: Name
    description: Line
    anew: bool = False
    certificate: Line = ""


class PaperAct(PaperValue):
    """What one person did about a case, as a form of approval shows it.

    Attributes:
        role: 经办, 复核, 出纳, in words.
        act: what he did, in words.
        note: his reason, or the number of the minutes.
    """

    role: Name
    name: Name
    act: Line
    at: datetime
    note: Text = ""


class PaperCheck(PaperValue):
    """One item of the release-day checklist, in words, with what it says; ``done`` when it was signed for.

    Attributes:
        by: who signed for it, by name; ``at`` when. Empty and None where nobody did: then there is room to write it.
    """

    line: Line
    done: bool
    by: Name = ""
    at: datetime | None = None


class PaperReceipt(PaperValue):
    """Money that has come back; in fen."""

    on: date
    principal_fen: Amount
    fee_fen: Amount
    reference: Line


class PaperCopy(PaperValue):
    """A file that came of a paper by signing: in which form, in words, and its digest."""

    form: Name
    sha256: Digest


class PaperBasis(PaperValue):
    """What money that came in stands on; in fen.

    Attributes:
        line_on, line_row: day and row of the line of the bank's statement; None where none shows it yet.
        confirmed_by, confirmed_on, seen: else who found it on the account, when, and where he saw it.
    """

    reference: Line
    amount_fen: Amount
    line_on: date | None = None
    line_row: Count | None = None
    confirmed_by: Name | None = None
    confirmed_on: date | None = None
    seen: Line | None = None


class PaperFile(PaperValue):
    """One paper of the archive: its number, its kind and name, its date, its pages and its digest.

    Attributes:
        sha256: of the paper as it was drawn; ``copies``: the signed files on record that came of it.
    """

    number: Reference
    kind: DocumentKind
    name: Name
    made_on: date
    pages: Count
    sha256: Digest
    copies: Rows[PaperCopy] = ()


class PaperBrought(PaperValue):
    """A paper that others made, as the archive keeps it.

    Attributes:
        original: the paper itself; else a copy. ``kept_for``: 保管期限, as written by whoever recorded it.
    """

    name: Line
    dated_on: date | None = None
    pages: Count
    sha256: Digest
    original: bool
    kept_for: Name = ""


class PaperEvent(PaperValue):
    """What happened to a case and left no paper: the day, what it was in words, and whose act; None and empty where
    a row stands for several."""

    on: date | None = None
    what: Line
    by: Name = ""


class PaperAccount(PaperValue):
    """An account as a paper shows it: its holder, its number, the bank that keeps it."""

    name: Name
    number: Reference
    bank: Name


class PaperContact(PaperValue):
    """Where papers reach a party, and through whom; empty what nobody said."""

    address: Line = ""
    contact: Name = ""
    phone: Reference = ""
    email: Line = ""


class PaperData(PaperValue):
    """Everything a paper shows. Which optional facts a kind needs is in ``PAPERS``.

    Attributes:
        case_no: the case's number; on every page.
        document_no: the paper's own number; on every page.
        letter_no: its number as a letter of the office (文号), where the office has a sign for its letters.
        office_symbol: that sign (机关代字); empty where there is none.
        issued_on: the date on the paper, and the PDF's own date.
        fund_name: the bridging fund, such as 东海县企业转贷应急资金.
        operator_name: who runs the fund (承办主体) and signs for it.
        operator_contact, borrower_contact, bank_contact: where papers reach each of them; None where nobody said so.
        bank_name: the bank's registered name, else as the application writes it; ``bank_uscc`` its credit code.
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
        fees: what the measure charges; ``day_count`` which days it charges for.
        prepaid_fee_fen: the fee that is paid before the money leaves; None where nothing is prepaid.
        waived_days: fee days that cost nothing: before payment of ``expected_days``, after it as they came.
        term_days: the longest time the bridge may be out, in working days where ``term_in_working_days``.
        day_off: what becomes of a last day that is a day off; None where only working days are counted.
        highest_average: the most that a day may cost on average, where there is such a bound.
        clauses: what an agreement says beside what each says.
        expected_days: the fee days of a bridge that is out until the end of its term.
        fee_fen: before payment the fee for ``expected_days``, after it the fee as settled.
        fee_told_fen: the fee told before the day was known on which principal was back, where it was another than
            ``fee_due_fen``, the fee due by that day.
        refund_due_fen: what came in beyond all that was owed and was not paid back yet; None where nothing.
        new_loan_days: working days from settlement of the old loan to release of the new one.
        pay_by: last day on which the money may leave.
        due_by: day by which it must be back if it leaves then, moved off a day off as the measure says.
        cut_off: time of that day, such as 16:30.
        terms_digest: what the approval binds.
        paid_on: day the bridge was paid; ``returned_on`` the day all of it was back.
        days_out: days between them, as the measure counts.
        new_loan_note: number of the renewed loan's note.
        renewed_fen: principal of the renewed loan.
        review_days: working days in which a review (复核) may be asked for.
        findings: for a refusal its reasons; for the application form every finding.
        applicant: the borrower as he applied.
        guarantors, collateral: security of the bank's loan.
        acts: who did what, in its order: proposed, approved, released.
        ceiling_fen: the most that the measure lets the bridge be; ``bound_by`` says by what, in words.
        bank_answer: what the bank said it can do, in words.
        minutes_reference: number of the committee's minutes; ``minutes_decision`` what they decided.
        release_checks: the items of the release-day checklist.
        payment_reference: the bank's reference of the payment.
        due_on: day by which the bridge must be back.
        principal_owed_fen, fee_owed_fen: still to come on the day of issue, in fen.
        receipts: what has come back so far.
        bases: what each of it stands on: a line of the statement, or who found it on the account.
        answer_by: day by which the addressee of a notice must have acted.
        breaches: what was broken, with the clause or article; ``in_breach`` by whom.
        extended_to: the new day by which the bridge must be back; ``extension_reason`` why.
        missing_papers: names of what the applicant must still hand in.
        files: the papers of this house in the archive; ``brought`` those that others made; ``happened`` what left none.
        cooperation_from, cooperation_until, cooperation_ceiling_fen: term of the cooperation agreement, and the most
            that may be out through this bank at a time, in fen.
        entrusted_bank: the bank that lends on the fund's behalf (委托贷款 受托人).
    """

    case_no: OwnNumber
    document_no: OwnNumber
    letter_no: Reference | None = None
    office_symbol: Name = ""
    issued_on: date
    fund_name: Name
    operator_name: Name
    operator_contact: PaperContact | None = None
    measure_document: Line
    operator_choices: Rows[Line] = ()

    borrower_name: Name
    borrower_uscc: Reference
    borrower_contact: PaperContact | None = None
    bank_name: Name
    bank_branch: Name = ""
    bank_uscc: Reference = ""
    bank_contact: PaperContact | None = None
    loan_note: Reference
    maturity: date
    balance_fen: Annotated[Amount, Field(ge=0)]

    bridge_fen: Amount | None = Field(default=None, gt=0)
    promised_fen: Amount | None = Field(default=None, gt=0)
    promise_reference: Line | None = None
    promise_valid_until: date | None = None
    promise_conditions: Text = ""
    signatory: Name | None = None
    authority_fen: Amount | None = Field(default=None, gt=0)

    payee_account_name: Name | None = None
    payee_account_number: Reference | None = None
    payee_account_branch: Name | None = None
    custodian_account: PaperAccount | None = None
    fees: FeeTerms | None = None
    day_count: DayCount = DayCount()
    prepaid_fee_fen: Amount | None = Field(default=None, ge=0)
    waived_days: Count | None = Field(default=None, ge=0)
    term_in_working_days: bool = False
    day_off: DayOff | None = None
    highest_average: Rate | None = None
    clauses: Rows[OptionalClause] = ()
    term_days: Count | None = Field(default=None, ge=1)
    expected_days: Count | None = Field(default=None, ge=1)
    fee_fen: Amount | None = Field(default=None, ge=0)
    fee_told_fen: Amount | None = Field(default=None, ge=0)
    fee_due_fen: Amount | None = Field(default=None, ge=0)
    refund_due_fen: Amount | None = Field(default=None, gt=0)
    new_loan_days: Count | None = Field(default=None, ge=1)
    pay_by: date | None = None
    due_by: date | None = None
    cut_off: Reference | None = None
    terms_digest: Digest | None = None

    paid_on: date | None = None
    returned_on: date | None = None
    days_out: Count | None = Field(default=None, ge=0)
    new_loan_note: Reference | None = None
    renewed_fen: Amount | None = Field(default=None, gt=0)

    findings: Rows[PaperFinding] = ()
    review_days: Count | None = Field(default=None, ge=1)

    applicant: PaperApplicant | None = None
    guarantors: Rows[PaperGuarantor] = ()
    collateral: Rows[PaperCollateral] = ()
    acts: Rows[PaperAct] = ()
    ceiling_fen: Amount | None = Field(default=None, ge=0)
    bound_by: Line = ""
    bank_answer: Text = ""

    minutes_reference: Line | None = None
    minutes_decision: Text = ""

    release_checks: Rows[PaperCheck] = ()
    payment_reference: Line | None = None

    due_on: date | None = None
    principal_owed_fen: Amount | None = Field(default=None, ge=0)
    fee_owed_fen: Amount | None = Field(default=None, ge=0)
    receipts: Rows[PaperReceipt] = ()
    bases: Rows[PaperBasis] = ()
    answer_by: date | None = None
    breaches: Rows[PaperFinding] = ()
    in_breach: Rows[PartyInBreach] = ()
    extended_to: date | None = None
    extension_reason: Text = ""

    missing_papers: Rows[Line] = ()
    files: Rows[PaperFile] = ()
    brought: Rows[PaperBrought] = ()
    happened: Rows[PaperEvent] = ()

    cooperation_from: date | None = None
    cooperation_until: date | None = None
    cooperation_ceiling_fen: Amount | None = Field(default=None, gt=0)
    entrusted_bank: Name | None = None

    @model_validator(mode="after")
    def _fits_on_paper(self) -> Self:
        check_whole(self)
        return self


_ALWAYS = tuple(name for name, field in PaperData.model_fields.items() if field.is_required())


def check_complete(kind: DocumentKind, data: PaperData) -> None:
    """That every fact a kind of paper needs is there: a paper never leaves the house with a hole in it.

    Raises:
        XuqiaoError: ``papers.missing_fact`` with the first fact that is missing or blank.
    """
    for field in (*_ALWAYS, *PAPERS[kind].needs):
        value = getattr(data, field)
        if value is None or value == () or (isinstance(value, str) and not value.strip()):
            raise XuqiaoError("papers.missing_fact", kind=kind.value, field=field, case=data.case_no)
