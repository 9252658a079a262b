"""What stands on the papers of a case."""

import hashlib
import io

from pypdf import PdfReader

from models.papers.documents import documents_of
from tests.acceptance.fund.fund import TestedFund


def texts(fund: TestedFund, case: str) -> dict[str, str]:
    """The text of each paper of a case, without line breaks; every stored digest is checked on the way."""
    with fund.services.sessions() as session:
        papers = documents_of(session, case)
    for paper in papers:
        assert hashlib.sha256(paper.pdf).hexdigest() == paper.sha256
    return {paper.kind: text_of(paper.pdf) for paper in papers}


def text_of(pdf: bytes) -> str:
    """The text of one paper, without line breaks."""
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")
