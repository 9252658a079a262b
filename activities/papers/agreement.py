"""Whether a paper says the same three times: in its text, in the facts embedded in it, and in the case file."""

import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from activities.papers.reading import Facts, ReadPaper
from models.base import table
from models.cases.applications import Application, Loan
from models.cases.approvals import Approval
from models.papers.documents import Document
from rulebook.calendar import LAW_ZONE
from rulebook.errors import XuqiaoError
from rulebook.money import format_yuan
from rulebook.papers.amounts import read_words
from rulebook.papers.kinds import PAPERS, DocumentKind, bound_by_approval
from rulebook.papers.printing import as_drawn, plain
from rulebook.values import Value

_FIGURES = re.compile(r"(?:[¥￥]|CNY|RMB)(\d[\d,]*\.\d\d)")
_BOTH = re.compile(r"(人民币[零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整]+)[（(]¥(\d[\d,]*\.\d\d)[）)]")
_NAMES = ("document_no", "case_no", "operator_name", "bank_name", "borrower_name", "borrower_uscc")


class FileFinding(Value):
    """One thing to say about a file, by its code in the catalogue, with its values as text."""

    code: str
    params: dict[str, str]


def finding(code: str, **params: object) -> FileFinding:
    """A finding; values become text."""
    return FileFinding(code=code, params={name: str(value) for name, value in params.items()})


def against_text(read: ReadPaper, facts: Facts) -> Iterator[FileFinding]:
    """Where the text of a paper and its embedded facts contradict each other.

    Names, numbers and the amounts that its kind must show stand in the text; every amount in the text comes from the
    facts, as it is or as a sum of two; words and figures of an amount agree; each page bears the digest of the facts.
    Of facts in an earlier form only the last is asked.
    """
    without = [number for number, page in enumerate(read.pages, start=1) if facts.digest not in page]
    if without:
        yield finding("paper_check.digest_not_printed", pages=", ".join(map(str, without)))
    if facts.earlier:
        return
    for field, value in _must_show(facts):
        if _folded(value) not in as_drawn(read.text):
            yield finding("paper_check.not_in_text", field=field, value=value)
    known = _amounts(facts.plain)
    sums = known | {one + other for one, other in combinations(sorted(known), 2)} | {0}
    for figures in dict.fromkeys(_FIGURES.findall(read.text)):
        if _fen(figures) not in sums:
            yield finding("paper_check.not_in_data", amount=figures)
    for words, figures in dict.fromkeys(_BOTH.findall(read.text)):
        if not _same_amount(words, figures):
            yield finding("paper_check.words_and_figures", words=words, amount=figures)


def against_case(session: Session, document: Document, facts: Facts) -> Iterator[FileFinding]:
    """Where the facts of a paper differ from its row in the case file and from the case as it stands there."""
    application = session.get_one(Application, document.case_no)
    loan = session.get_one(Loan, application.loan)
    of_the_case: Mapping[str, object] = {
        "document_no": document.number,
        "case_no": document.case_no,
        "borrower_name": application.applicant_name,
        "borrower_uscc": loan.uscc,
        "bank_name": loan.bank_name,
        "loan_note": loan.note,
        "maturity": loan.maturity,
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
    if document.made_by is None and bound_by_approval(DocumentKind(document.kind)):
        # The papers of an attempt stand and fall with its approval.
        approvals = [each for each in approvals if each.attempt == document.attempt]
        for each in approvals:
            if each.voided_at is not None:
                day = each.voided_at.astimezone(LAW_ZONE).date()
                yield finding("paper_check.approval_void", document=document.number, day=day)
    approved = {each.amount_fen for each in approvals}
    bridge_fen = facts.plain.get("bridge_fen")
    if bridge_fen is not None and approved and bridge_fen not in approved:
        stands_at = ", ".join(format_yuan(amount) for amount in sorted(approved))
        yield finding("paper_check.not_as_in_case", field="bridge_fen", says=format_yuan(bridge_fen), stands=stands_at)


def between(read: ReadPaper, stored: ReadPaper) -> Iterator[FileFinding]:
    """What a changed paper says differently from the stored one: pages, and embedded facts."""
    if len(read.pages) != len(stored.pages):
        yield finding("paper_check.page_count", found=len(read.pages), stored=len(stored.pages))
    differ = [
        number for number, (one, other) in enumerate(zip(read.pages, stored.pages, strict=False), 1) if one != other
    ]
    if differ:
        yield finding("paper_check.page_differs", pages=", ".join(map(str, differ)))
    ours, theirs = stored.facts, read.facts
    if ours is None:
        return
    if theirs is None:
        yield finding("paper_check.data_gone")
    elif theirs.content != ours.content:
        names = sorted(
            name
            for name in ours.plain.keys() | theirs.plain.keys()
            if ours.plain.get(name, "") != theirs.plain.get(name, "")
        )
        yield finding("paper_check.data_differs", fields=", ".join(names) or "data.json")


def _must_show(facts: Facts) -> Iterator[tuple[str, str]]:
    for field in _NAMES:
        if field in facts.plain:
            yield field, str(facts.plain[field])
    for field in PAPERS[facts.kind].needs:
        amount = facts.plain.get(field)
        if field.endswith("_fen") and amount is not None:
            yield field, format_yuan(amount, grouped=True)


def _amounts(value: Any, name: str = "") -> set[int]:
    """Every amount in the facts, in fen."""
    match value:
        case Mapping():
            return set().union(*(_amounts(item, str(key)) for key, item in value.items()))
        case list() | tuple():
            return set().union(*(_amounts(item, name) for item in value))
        case bool():
            return set()
        case int():
            return {value} if name.endswith("_fen") else set()
        case _:
            return set()


def _same_amount(words: str, figures: str) -> bool:
    try:
        return read_words(words) == _fen(figures)
    except XuqiaoError:
        return False


def _fen(figures: str) -> int:
    return int(figures.replace(",", "").replace(".", ""))


def _folded(text: str) -> str:
    return "".join(as_drawn(plain(text)).split())
