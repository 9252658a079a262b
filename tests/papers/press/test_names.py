"""Issue 13: a name comes back from a paper's text and from its embedded facts as it was written."""

import json
from collections.abc import Sequence

from activities.papers.press import Press
from activities.papers.reading import ReadPaper
from rulebook.papers.facts import PaperGuarantor
from rulebook.papers.kinds import DocumentKind
from rulebook.papers.printing import DRAWN_ALIKE, as_drawn
from tests.names import HARD_NAMES
from tests.papers.samples import changed

_A_PAPER_HOLDS = 20


def papers_of(names: Sequence[str]) -> list[list[str]]:
    """The names, so many a paper, none beside one with another sign that the font draws alike."""
    papers: list[list[str]] = []
    for name in names:
        for paper in papers:
            beside = "".join(paper)
            if len(paper) < _A_PAPER_HOLDS and not any(
                sign in name and set(group) - {sign} & set(beside)
                for group in DRAWN_ALIKE.split()
                for sign in group
                if (set(group) - {sign}) & set(beside)
            ):
                paper.append(name)
                break
        else:
            papers.append([name])
    return papers


def test_13_two_hundred_hard_names_come_back_from_a_papers_text_and_facts(press: Press) -> None:
    for names in papers_of(HARD_NAMES):
        facts = changed(guarantors=tuple(PaperGuarantor(name=name) for name in names), borrower_name=names[-1])
        read = ReadPaper(press.render(DocumentKind.GUARANTOR_CONSENT, facts, "zh").pdf)
        assert read.facts is not None
        embedded = json.loads(read.facts.content)["data"]
        assert [each["name"] for each in embedded["guarantors"]] == names
        assert embedded["borrower_name"] == names[-1]
        assert [name for name in names if "".join(name.split()) not in read.text] == []


def test_13_the_payees_name_stands_on_the_transfer_instruction_as_written(press: Press) -> None:
    for name in HARD_NAMES[::9]:
        paper = press.render(DocumentKind.TRANSFER_INSTRUCTION, changed(payee_account_name=name), "zh")
        read = ReadPaper(paper.pdf)
        assert read.facts is not None
        assert read.facts.plain["payee_account_name"] == name
        assert "".join(as_drawn(name).split()) in as_drawn(read.text)
