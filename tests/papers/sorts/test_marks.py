"""Papers on which everything that may be is the operator's own choice: what the mark ※ and its note do to the page."""

import re
from itertools import product

import pypdfium2  # type: ignore[import-untyped]  # it has no types
import pytest

from activities.papers.press import Paper, Press
from activities.papers.press.sample import sample_of
from rulebook.findings import Result
from rulebook.papers.facts import PaperFinding
from rulebook.papers.kinds import DocumentKind
from tests.papers.samples import EVERY_PAPER, LANGUAGES, Lang, choices_marked

ONE_PAGE = (
    DocumentKind.CORRECTION_NOTICE,
    DocumentKind.REFUSAL_NOTICE,
    DocumentKind.MINUTES,
    DocumentKind.LIAISON_FORM,
    DocumentKind.DRAWDOWN_REQUEST,
    DocumentKind.TRANSFER_INSTRUCTION,
    DocumentKind.RELEASE_CHECKLIST,
    DocumentKind.DISBURSEMENT_FORM,
    DocumentKind.PAYMENT_REMINDER,
    DocumentKind.PAYMENT_DEMAND,
    DocumentKind.BREACH_NOTICE,
    DocumentKind.SETTLEMENT_CERTIFICATE,
)
"""Letters and forms that the office keeps to one page."""

_NOTE = ("※标有本符号", "※Whatbears")


def _marked(press: Press, kind: DocumentKind, lang: Lang) -> Paper:
    """A paper on which every value is marked that some template marks where the operator chose it."""
    data = sample_of(kind).model_copy(update={"operator_choices": tuple(sorted(choices_marked(press)))})
    return press.render(kind, data, lang)


def _lines(paper: Paper) -> list[str]:
    document = pypdfium2.PdfDocument(paper.pdf)
    try:
        text = "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()
    return [re.sub(r"\s", "", line) for line in text.splitlines()]


@pytest.mark.parametrize(("kind", "lang"), list(product(ONE_PAGE, LANGUAGES)))
def test_a_letter_or_form_with_its_note_is_one_page(kind: DocumentKind, lang: Lang, press: Press) -> None:
    assert _marked(press, kind, lang).pages == 1


@pytest.mark.parametrize(("kind", "lang"), EVERY_PAPER)
def test_no_line_but_the_note_begins_with_the_mark(kind: DocumentKind, lang: Lang, press: Press) -> None:
    begun = [line for line in _lines(_marked(press, kind, lang)) if line.startswith("※")]
    assert [line for line in begun if not line.startswith(_NOTE)] == []


@pytest.mark.parametrize("kind", [DocumentKind.APPLICATION_FORM, DocumentKind.REFUSAL_NOTICE])
def test_a_finding_names_its_source_once_and_in_its_own_place(kind: DocumentKind, press: Press) -> None:
    source = "东政规发〔2025〕77号"
    findings = (
        PaperFinding(sentence=f"借款主体在支持范围内（{source}）。", citation=source, result=Result.PASS),
        PaperFinding(sentence=f"不超过上限（由单户上限决定；{source}）。", citation=source, result=Result.FAIL),
        PaperFinding(sentence="由人工认定（无依据）。", citation="", result=Result.REFER),
    )
    text = "".join(_lines(press.render(kind, sample_of(kind).model_copy(update={"findings": findings}))))
    assert text.count(source) == 2
    for sentence in ("借款主体在支持范围内。", "不超过上限（由单户上限决定）。", "由人工认定（无依据）。"):
        assert sentence in text
