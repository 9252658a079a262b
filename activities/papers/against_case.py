"""Whether a paper says what the case file says."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlmodel import Session

from activities.papers.findings import FileFinding, finding
from activities.papers.reading import Facts
from models.base import table
from models.cases.approvals import Approval
from models.papers.documents import Document
from models.papers.of_case import said_by_case
from rulebook.calendar import LAW_ZONE
from rulebook.money import format_yuan
from rulebook.papers.kinds import DocumentKind, bound_by_approval, signed_before_payment
from rulebook.papers.printing import plain


def against_case(session: Session, document: Document, facts: Facts) -> Iterator[FileFinding]:
    """Where the facts of a paper differ from its row in the case file and from the case as it stands there."""
    said = said_by_case(session, document.case_no)
    names_of_bank = {plain(name): name for name in said.names_of_bank}
    of_the_case: Mapping[str, object] = {
        "document_no": document.number,
        "case_no": document.case_no,
        **said._asdict(),
        # Papers call the bank as the register did on their day; earlier ones as the application wrote it.
        "bank_name": names_of_bank.get(str(facts.plain.get("bank_name")), said.bank_name),
    }
    pairs = [(field, facts.plain[field], stands) for field, stands in of_the_case.items() if field in facts.plain]
    pairs.append(("kind", facts.kind.value, document.kind))
    if document.data_digest:
        pairs.append(("data_digest", facts.digest, document.data_digest))
    for field, says, stands in pairs:
        if str(says) != plain(str(stands)):
            yield finding("paper_check.not_as_in_case", field=field, says=says, stands=stands)
    column = table(Approval).c
    approvals = list(session.scalars(select(Approval).where(column.case_no == document.case_no)))
    # The papers of an attempt stand and fall with its approval; those of a release name its terms.
    kind, terms = DocumentKind(document.kind), facts.plain.get("terms_digest")
    by_attempt = bound_by_approval(kind)
    if document.made_by is None and (by_attempt or (signed_before_payment(kind) and terms)):
        approvals = [
            each
            for each in approvals
            if (each.attempt == document.attempt if by_attempt else each.terms_digest == terms)
        ]
        for each in approvals:
            if each.voided_at is not None:
                day = each.voided_at.astimezone(LAW_ZONE).date()
                yield finding("paper_check.approval_void", document=document.number, day=day)
    approved = {each.amount_fen for each in approvals}
    bridge_fen = facts.plain.get("bridge_fen")
    if bridge_fen is not None and approved and bridge_fen not in approved:
        stands_at = ", ".join(format_yuan(amount, grouped=True) for amount in sorted(approved))
        says = format_yuan(bridge_fen, grouped=True)
        yield finding("paper_check.not_as_in_case", field="bridge_fen", says=says, stands=stands_at)
