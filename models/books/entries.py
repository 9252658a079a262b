"""The values that reports on the books are made of: plain data, amounts in fen."""

from datetime import date

from models.cases.lists import Instant
from rulebook.books.postings import PostingKind, Subject
from rulebook.values import Value


class Period(Value):
    """Accounting dates from the first to the last, both included."""

    first: date
    last: date


class Source(Value):
    """What a report was made of.

    Attributes:
        fund, fund_name: whose book.
        period: the accounting dates.
        chart, chart_title, document, own_chart: the chart of accounts it is printed under.
        voucher: number of the book's last voucher when it was made; 0 for a book that is not open.
        digest: head of the book's chain with that voucher, SHA-256 in hex.
    """

    fund: str
    fund_name: str
    period: Period
    chart: str
    chart_title: str
    document: str
    own_chart: str | None
    voucher: int
    digest: str


class TrialEntry(Value):
    """One class of accounts: all cases of a subject together, the ring-fenced account by its part; in fen.

    ``accounts`` is how many single accounts it sums up.
    """

    code: str
    name: str
    subject: Subject
    part: str | None
    off_balance: bool
    accounts: int
    opening_debit_fen: int
    opening_credit_fen: int
    debit_fen: int
    credit_fen: int
    closing_debit_fen: int
    closing_credit_fen: int


class Totals(Value):
    """The sums of a trial balance, in fen; debit equals credit three times."""

    opening_debit_fen: int
    opening_credit_fen: int
    debit_fen: int
    credit_fen: int
    closing_debit_fen: int
    closing_credit_fen: int


class Held(Value):
    """Money of the pool that is promised and not yet an entry (待发放承诺), in fen: it stands beside the balance."""

    reserved_fen: int
    reserved_cases: int
    on_its_way_fen: int
    on_its_way_cases: int


class TrialBalance(Value):
    """Opening, turnover and closing of every class (科目余额表); what is off balance is summed up apart."""

    source: Source
    lines: tuple[TrialEntry, ...]
    totals: Totals
    off_balance_totals: Totals
    held: Held


class AccountEntry(Value):
    """One entry as its account sees it; ``balance_fen`` is what stands on the account's own side after it."""

    voucher: int
    line: int
    accounting_date: date
    kind: PostingKind
    case_no: str | None
    reference: str | None
    dimension: str
    counter_subject: Subject
    counter_dimension: str
    debit_fen: int
    credit_fen: int
    balance_fen: int


class Statement(Value):
    """The ledger of one account, or of all accounts of a subject (明细账), in fen.

    ``side`` is D or C: the side on which a positive balance stands.
    """

    source: Source
    code: str
    name: str
    subject: Subject
    dimension: str | None
    side: str
    opening_fen: int
    lines: tuple[AccountEntry, ...]
    debit_fen: int
    credit_fen: int
    closing_fen: int


class VoucherEntry(Value):
    """One entry of a voucher, named by the chart."""

    debit_code: str
    debit_name: str
    debit_subject: Subject
    debit_for: str
    credit_code: str
    credit_name: str
    credit_subject: Subject
    credit_for: str
    amount_fen: int


class VoucherApproval(Value):
    """What two people allowed, and the voucher consumed."""

    key: str
    amount_fen: int
    about: str
    maker: str
    checker: str
    at: Instant


class VoucherSheet(Value):
    """One voucher (记账凭证) with what stands behind it; ``held_fen`` is money it sets aside without an entry."""

    number: int
    accounting_date: date
    recorded_at: Instant
    kind: PostingKind
    key: str
    case_no: str | None
    actor_id: str
    reference: str | None
    evidence: str
    terms_digest: str | None
    held_fen: int | None
    resolves: int | None
    reverses: int | None
    reversed_by: int | None
    digest: str
    approval: VoucherApproval | None
    entries: tuple[VoucherEntry, ...]
    total_fen: int


class VoucherList(Value):
    """The vouchers of a period by number."""

    source: Source
    vouchers: tuple[VoucherSheet, ...]
    total_fen: int
