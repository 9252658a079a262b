"""A case with a paper on record, for tests that sign it and check files of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from activities.law.calendars import shanghai_today
from activities.papers.press import Paper, Press
from activities.papers.press.sample import SAMPLE
from activities.signing.in_house import ByHand, Certificates, InHouseSigning
from models.cases.applications import file_application
from models.papers import signatures
from models.papers.documents import Document, document_number, store
from rulebook.errors import XuqiaoError
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind
from tests.builders import a_micro_manufacturer


def a_paper_on_record(
    app: sessionmaker[Session],
    press: Press,
    fund: str,
    kind: DocumentKind = DocumentKind.TRIPARTITE_AGREEMENT,
    *,
    places: bool = True,
    **changed: object,
) -> Document:
    """File a case of its own in a fund, and store a paper for it; its facts are those of the case where both say them.

    Args:
        fund: code of an open fund.
        places: whether the row knows where parties sign; once it did not.
        changed: facts that the paper states otherwise than the sample.
    """
    today = shanghai_today()
    row = a_micro_manufacturer(maturity=today + timedelta(days=20))
    with app.begin() as session:
        filed = file_application(
            session, fund, row, received_on=today, filed_by="li.jing", source="test", queues="nobody"
        )
        number = document_number(filed.case_no, kind, 1)
        facts = {
            "case_no": filed.case_no,
            "document_no": number,
            "borrower_name": row.applicant_name,
            "borrower_uscc": row.uscc,
            "bank_name": row.bank_name,
            "bank_branch": "",
            "loan_note": row.loan_note,
            "maturity": row.maturity,
            **changed,
        }
        paper = press.render(kind, PaperData.model_validate(SAMPLE.model_dump() | facts))
        store(session, _row(filed.case_no, number, kind, paper, places))
    with app() as session:
        return session.get_one(Document, (filed.case_no, kind.value, 1))


def _row(case_no: str, number: str, kind: DocumentKind, paper: Paper, places: bool) -> Document:
    return Document(
        case_no=case_no,
        kind=kind.value,
        attempt=1,
        number=number,
        sha256=paper.sha256,
        template_digest=paper.template_digest,
        versions=dict(paper.versions),
        pages=paper.pages,
        made_at=datetime.now(UTC),
        pdf=paper.pdf,
        data_digest=paper.data_digest,
        boxes=[box._asdict() for box in paper.boxes] if places else [],
    )


@dataclass(frozen=True)
class SigningOffice:
    """Sessions of both roles, a press, and the folder of the certificates."""

    app: sessionmaker[Session]
    desk: sessionmaker[Session]
    press: Press
    folder: Path

    def paper(self, kind: DocumentKind = DocumentKind.TRIPARTITE_AGREEMENT, *, places: bool = True) -> Document:
        return a_paper_on_record(self.app, self.press, "DH", kind, places=places)

    def signing(
        self, own: Path | None = None, passphrase: str | None = None, seal: bytes | None = None
    ) -> InHouseSigning:
        return InHouseSigning(self.desk.begin, Certificates(self.folder / "signing-demo", own, passphrase), seal)

    def sign(self, paper: Document, party: str = "operator", officer: str = "wang.he") -> signatures.Signature:
        return self.signing().sign(paper.case_no, paper.number, party, officer, authority=None, at=datetime.now(UTC))

    def attach(self, paper: Document, content: bytes, by_hand: ByHand, party: str = "borrower") -> signatures.Signature:
        return self.signing().attach_scan(
            paper.case_no, paper.number, party, "li.jing", content, by_hand, datetime.now(UTC)
        )

    def content(self, sha256: str) -> bytes:
        with self.app() as session:
            kept = signatures.signed_file(session, sha256)
            assert kept is not None
            return kept.content

    def recorded(self, paper: Document) -> list[signatures.Signature]:
        with self.app() as session:
            return signatures.signatures_of(session, paper.number)


def refused(code: str) -> "pytest.RaisesExc[XuqiaoError]":
    return pytest.raises(XuqiaoError, check=lambda error: error.code == code)
