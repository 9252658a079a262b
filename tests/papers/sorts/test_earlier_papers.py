"""Papers of earlier releases, whose facts have forms of their own, are believed all the same; templates of that time
find what they speak of."""

import io
import json
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from sqlalchemy import Engine

from activities.law.calendars import shanghai_today
from activities.papers.check import FileReport, check_file
from activities.papers.press import ATTACHMENT, Press
from activities.papers.reading import ReadPaper
from activities.words import LANGUAGES, say
from models.database import sessions
from models.papers.documents import Document
from rulebook.law.rates import PPM
from rulebook.papers.earlier import EARLIER_NAMES, EarlierTariff
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind
from runtime.seed import open_fund
from runtime.settings import checkout
from tests.papers.records import SigningOffice, a_paper_on_record
from tests.papers.samples import changed

NAME = "fee_steps.daily_rate_ppm"


class SecondPress(Press):
    """Puts facts into a paper as releases did that named each part of the fee by itself."""

    def facts_of(self, kind: DocumentKind, data: PaperData, lang: Any = "zh", plain: Any = None) -> dict[str, object]:
        facts: dict[str, Any] = super().facts_of(kind, data, lang, plain)
        plain = facts["data"]
        renamed = EarlierTariff.of(data).model_dump(mode="json", exclude_none=True)
        parts = [(fact, part, name) for name, (fact, part) in EARLIER_NAMES.items() if name in renamed]
        of_fees = {name: renamed[name] for fact, part, name in parts if part in plain.get(fact, {})}
        rest = {name: item for name, item in plain.items() if name not in {"fees", "day_count"}}
        return {**facts, "data": rest | of_fees}


class FirstPress(Press):
    """Puts facts into a paper as the first release did: all of them, and rates in millionths."""

    def facts_of(self, kind: DocumentKind, data: PaperData, lang: Any = "zh", plain: Any = None) -> dict[str, object]:
        plain = data.model_dump(mode="json", exclude_none=True, exclude={"fees", "day_count"})
        plain |= EarlierTariff.of(data).model_dump(mode="json", exclude_none=True)
        for step in plain["fee_steps"]:
            step["daily_rate_ppm"] = int(Fraction(step.pop("daily_rate")) * PPM)
        return {"kind": kind.value, "lang": lang, "data": plain}


@pytest.fixture(scope="module")
def office(
    app_engine: Engine, desk_engine: Engine, press: Press, tmp_path_factory: pytest.TempPathFactory
) -> SigningOffice:
    made = SigningOffice(sessions(app_engine), sessions(desk_engine), press, tmp_path_factory.mktemp("earlier"))
    with made.app.begin() as session:
        open_fund(session, (checkout() or Path.cwd()) / "examples" / "fund.toml", shanghai_today())
    return made


@pytest.fixture(scope="module")
def paper(office: SigningOffice) -> Document:
    return a_paper_on_record(office.app, FirstPress(), "DH", DocumentKind.TRIPARTITE_AGREEMENT)


@pytest.fixture(scope="module")
def second_paper(office: SigningOffice) -> Document:
    return a_paper_on_record(office.app, SecondPress(), "DH", DocumentKind.TRIPARTITE_AGREEMENT)


def check(office: SigningOffice, content: bytes) -> FileReport:
    with office.app() as session:
        return check_file(content, session)


def test_it_is_ours_and_what_was_not_compared_is_said(office: SigningOffice, paper: Document) -> None:
    for report in (check(office, paper.pdf), check_file(paper.pdf, None)):
        assert report.good
        assert report.faults == ()
        assert (report.document_no, report.case_no) == (paper.number, paper.case_no)
        assert report.agrees_with_text is None
        (told,) = [each for each in report.remarks if each.code == "paper_check.earlier_facts"]
        assert told.params == {"names": NAME}
        assert all(NAME in say(told.code, lang, **told.params) for lang in LANGUAGES)
    on_record = check(office, paper.pdf)
    assert (on_record.ours, on_record.unchanged, on_record.agrees_with_case) == (True, True, True)


def test_it_can_be_signed_and_its_signature_is_checked(office: SigningOffice, paper: Document) -> None:
    at = datetime.now(UTC)
    signed = office.signing().sign(paper.case_no, paper.number, "operator", "wang.he", authority=None, at=at)
    content = office.content(signed.sha256)
    report = check(office, content)
    (found,) = report.signatures
    assert (found.party, found.good, report.unchanged) == ("operator", True, True)
    broken = content.replace(b"%PDF-1.7", b"%PDF-1.6", 1)
    assert broken != content
    assert {"paper_check.signature_broken"} <= {each.code for each in check(office, broken).faults}


def with_facts(content: bytes, old: bytes, new: bytes) -> bytes:
    """The same PDF with its embedded facts edited."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        held = pdf.attachments[ATTACHMENT].get_file().read_bytes()
        assert old in held
        del pdf.attachments[ATTACHMENT]
        pdf.attachments[ATTACHMENT] = pikepdf.AttachedFileSpec(pdf, held.replace(old, new), filename=ATTACHMENT)
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


def test_edited_facts_of_an_earlier_form_are_found_by_their_digest(paper: Document) -> None:
    report = check_file(with_facts(paper.pdf, b'"bridge_fen":475000000', b'"bridge_fen":975000000'), None)
    assert not report.good
    assert report.agrees_with_text is False
    assert [each.code for each in report.faults] == ["paper_check.digest_not_printed"]


@pytest.mark.parametrize("name", [b'"daily_rate_ppb"', b'"hourly_rate_ppm"'])
def test_a_name_that_no_version_wrote_is_no_earlier_form(name: bytes, paper: Document) -> None:
    assert ReadPaper(paper.pdf).facts is not None
    edited = with_facts(paper.pdf, b'"daily_rate_ppm"', name)
    assert ReadPaper(edited).facts is None
    assert "paper_check.data_unreadable" in {each.code for each in check_file(edited, None).faults}


def test_a_paper_that_names_each_part_of_the_fee_is_read_and_its_text_compared(
    office: SigningOffice, second_paper: Document
) -> None:
    facts = ReadPaper(second_paper.pdf).facts
    assert facts is not None
    assert {"fee_steps", "first_day_counts", "days_off_count"} <= facts.plain.keys()
    assert not {"fees", "day_count"} & facts.plain.keys()
    for report in (check(office, second_paper.pdf), check_file(second_paper.pdf, None)):
        assert report.good
        assert report.faults == ()
        assert [each.code for each in report.remarks] == ([] if report.ours else ["paper_check.no_records"])
        assert report.agrees_with_text
    on_record = check(office, second_paper.pdf)
    assert (on_record.ours, on_record.unchanged, on_record.agrees_with_case) == (True, True, True)


def test_an_edited_paper_of_that_form_is_found_out(second_paper: Document) -> None:
    report = check_file(with_facts(second_paper.pdf, b'"bridge_fen":475000000', b'"bridge_fen":975000000'), None)
    assert "paper_check.not_in_text" in {each.code for each in report.faults}
    for old, new in ((b'"through_day":5', b'"through_day":"x"'), (b'"first_day_counts"', b'"some_day_counts"')):
        assert ReadPaper(with_facts(second_paper.pdf, old, new)).facts is None


SPEAKS_AS_BEFORE = """
{% set steps = d.fee_steps %}
{% for s in steps %}{{ s.from_day }}-{{ s.through_day or '' }}:{{ s.daily_rate | chinese_rate }};{% endfor %} =
{{ d.fee_steps | fee_after(d.bridge_fen, 8, d.minimum_fee_fen) | figures }} {{ d.minimum_fee_fen | figures }}
{{ d.prepaid_days }} {% for each in d.waivers %}{{ each.since }}/{{ each.until }}{% endfor %} =
{{ d.extension_rate | chinese_rate }} {{ d.overdue_rate | chinese_rate }}
{{ d.first_day_counts }} {{ d.last_day_counts }} {{ d.days_off_count }} {{ d.part_day_counts }}
"""


def test_a_template_of_an_earlier_release_finds_its_names_and_the_paper_carries_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "minutes.zh.html").write_text(SPEAKS_AS_BEFORE)
    data = changed(
        fees={
            "minimum_fen": 200_000,
            "prepaid_days": 5,
            "waivers": [{"since": "2026-03-01", "until": "2026-03-20"}],
            "extension_rate": "0.03%",
            "overdue_rate": "0.05%",
        },
        day_count={"counted": "working"},
    )
    own = Press(tmp_path)
    assert own.page(DocumentKind.MINUTES, data).split() == [
        *("1-5:0.02%;6-:0.04%;", "="),
        *("10,450.00", "2,000.00"),
        *("5", "2026-03-01/2026-03-20", "="),
        *("0.03%", "0.05%"),
        *("True", "False", "False", "False"),
    ]
    carried: dict[str, Any] = own.facts_of(DocumentKind.MINUTES, data)
    assert carried["data"]["fees"] == json.loads(data.model_dump_json(exclude_none=True))["fees"]
    assert carried["data"]["day_count"] == json.loads(data.model_dump_json(exclude_none=True))["day_count"]
