"""Hostile files: each is refused, or told what is wrong with it, in bounded time and memory, with records and
without."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from sqlalchemy import Engine

from activities.papers.agreement import against_text
from activities.papers.check import FileReport, check_file
from activities.papers.press import Paper, Press
from activities.papers.press.sample import SAMPLE
from activities.papers.reading import ReadPaper
from activities.papers.strict import apart
from activities.papers.strict.apart import look_at
from activities.papers.strict.bounds import BOUNDS
from activities.papers.strict.seen import Seen, Wanted
from activities.signing.places import place_of
from activities.words import LANGUAGES, be_strict, say
from gateways.esign import DemoAuthority, load_pkcs12, sign_pdf
from gateways.esign.place import Place
from models.database import sessions
from rulebook.papers.kinds import DocumentKind
from tests.looked_at import look_here
from tests.papers.certificates import a_real_certificate
from tests.papers.hostile_files import DECEIVING, FELLING, HANDED, changed
from tests.papers.samples import Sample
from tests.papers.seals import a_stamp

KIND = DocumentKind.TRIPARTITE_AGREEMENT
SECONDS, MEGABYTES = 10.0, 400
PART = {
    "c02": "never_held",
    "c03": "never_held",
    "c04": "never_held",
    "x01": "never_held",
    "s12": "covered_by_signature",
}
PART |= {"p05": "page_order", "p13": "glyphs", "u03": "signature_broken"}
"""What must be among the faults of a file that was handed in."""


def codes(report: FileReport) -> set[str]:
    return {each.code.removeprefix("paper_check.") for each in report.faults}


def bounded(check: Callable[[], FileReport]) -> FileReport:
    """A report that came in time, said in both languages without a hole."""
    begun = time.monotonic()
    report = check()
    assert time.monotonic() - begun < SECONDS
    assert BOUNDS["megabytes"] <= MEGABYTES, "the system gives the process no more, as is tried below"
    be_strict()
    try:
        for finding in (*report.faults, *report.remarks):
            assert all("{" not in say(finding.code, lang, **finding.params).replace("{'", "") for lang in LANGUAGES)
    finally:
        be_strict(False)
    return report


@pytest.fixture(scope="module")
def paper(press: Press) -> Paper:
    return press.render(KIND, SAMPLE)


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("file", sorted(HANDED.glob("*.pdf")), ids=lambda file: file.name[:3])
def test_36_37_a_file_that_was_handed_in_is_refused_without_records(file: Path) -> None:
    report = bounded(lambda: check_file(file.read_bytes(), None))
    assert not report.good
    assert PART[file.name[:3]] in codes(report)


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("file", sorted(HANDED.glob("*.pdf")), ids=lambda file: file.name[:3])
def test_36_37_a_file_that_was_handed_in_is_refused_with_records(file: Path, app_engine: Engine) -> None:
    with sessions(app_engine)() as session:
        report = bounded(lambda: check_file(file.read_bytes(), session))
    assert (report.good, report.ours) == (False, False)
    assert PART[file.name[:3]] in codes(report)


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("name", FELLING)
def test_36_a_file_made_to_fell_is_refused_in_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BOUNDS, "seconds", 8)
    report = bounded(lambda: check_file(FELLING[name](), None))
    assert not report.good
    assert codes(report) & {"too_much", "busy", "unreadable", "never_held", "no_data_alone"}


def test_36_a_file_that_outlasts_its_time_is_said_to_be_too_much(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BOUNDS, "seconds", 0.01)
    (seen,) = look_at([(paper.pdf, Wanted.ALL)])
    assert [each.params["what"] for each in seen.faults] == ["seconds"]
    assert "上限0.01" in say(seen.faults[0].code, "zh", **seen.faults[0].params)


def test_36_a_machine_without_time_for_a_file_says_nothing_against_it(
    paper: Paper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BOUNDS, "seconds", 0.01)
    monkeypatch.setattr(apart, "_used", lambda: 0.0)
    assert [each.code for each in look_at([(paper.pdf, Wanted.ALL)])[0].faults] == ["paper_check.busy"]


@pytest.mark.parametrize(
    ("greedy", "bound"),
    [("while True: pass", "processor_seconds"), ("held = [bytes(1 << 20) for _ in range(4096)]", "megabytes")],
)
def test_36_what_the_process_uses_up_is_bounded_by_the_system(
    greedy: str, bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = apart._BEGIN.replace("main()", "import activities.papers.strict.child as c; c._answer = greedy; main()")
    greedily = f"def greedy():\n  {greedy}\n"
    monkeypatch.setattr(apart, "_BEGIN", f"exec({greedily!r}); {begin}")
    monkeypatch.setitem(BOUNDS, "seconds", 60)
    (seen,) = look_at([(b"%PDF-", Wanted.ALL)])
    assert [each.params["what"] for each in seen.faults] == [bound]


def test_36_a_figure_of_thousands_of_digits_is_no_amount(paper: Paper) -> None:
    facts = ReadPaper(paper.pdf).facts
    assert facts is not None

    page = f"{facts.digest}人民币壹元整（¥{'9' * 5000}.00）¥{'1' * 4000},000.00"
    found = [each.code for each in against_text(Seen(whole=True, pages=(page,)), facts)]
    assert {"paper_check.not_in_data", "paper_check.words_and_figures"} <= set(found)


def test_36_many_signatures_are_judged_in_time(paper: Paper, tmp_path: Path) -> None:
    """Twelve sign: by the square of them it took half a minute."""
    signed, authority = paper.pdf, DemoAuthority(tmp_path)
    for _ in range(12):
        signed = sign_pdf(signed, "borrower", authority.credential("borrower", "x"), None, None)
    (seen,) = look_at([(signed, Wanted.ALL)])
    assert [each.good for each in seen.signatures] == [True] * 12


@pytest.mark.parametrize("name", DECEIVING)
def test_37_a_paper_that_deceives_the_eye_is_wrong_by_itself(name: str, paper: Paper) -> None:
    report = bounded(lambda: check_file(changed(paper.pdf, DECEIVING[name]), None))
    assert not report.good, name


def test_37_an_encrypted_file_is_none_of_ours(paper: Paper) -> None:
    encrypted = changed(paper.pdf, lambda pdf: None, encryption=pikepdf.Encryption(owner="a", user=""))
    assert codes(check_file(encrypted, None)) == {"never_held"}


# The demo's papers are checked as well; in English, which differs in words alone, one stands for all.
@pytest.mark.parametrize(("kind", "lang"), [*((kind, "zh") for kind in DocumentKind), (KIND, "en")])
def test_37_an_honest_paper_has_no_fault_signed_or_not(
    kind: DocumentKind, lang: str, sample: Sample, tmp_path: Path
) -> None:
    paper, authority = sample(kind, lang), DemoAuthority(tmp_path)
    signed, boxes = paper.pdf, [each._asdict() for each in paper.boxes]
    for box in paper.boxes:
        place, stamp = place_of(boxes, box.party), a_stamp("甲公司", "王核（复核）")
        signed = sign_pdf(signed, box.party, authority.credential(box.party, "甲公司"), place, stamp)
    files = [(each, Wanted.ALL) for each in (paper.pdf, changed(paper.pdf, lambda pdf: None), signed)]
    for seen in look_here(files, [authority.certificate]):
        assert (seen.whole, seen.faults, seen.text_faults, seen.laid_over) == (True, (), (), ())
        assert all(each.good and each.trusted for each in seen.signatures)
    assert len(seen.signatures) == len(paper.boxes)


def test_37_a_draft_is_called_a_draft_without_records(press: Press) -> None:
    report = check_file(press.render(KIND, SAMPLE, draft=True).pdf, None)
    assert codes(report) == {"draft"}


def test_37_a_demonstration_is_known_by_its_key_and_not_by_its_name(paper: Paper, tmp_path: Path) -> None:
    ours, forged = (DemoAuthority(tmp_path / name) for name in ("ours", "forged"))
    assert ours.certificate.subject == forged.certificate.subject
    for authority, expected in ((ours, set[str]()), (forged, {"signature_unknown"})):
        signed = sign_pdf(paper.pdf, "operator", authority.credential("operator", SAMPLE.operator_name), None, None)
        assert codes(check_file(signed, None, [ours.certificate])) == expected
        report = check_file(signed, None, [ours.certificate], demo_counts=False)
        assert codes(report) == {"signature_demo_now"}, "the operator has a certificate of its own by now"


def test_37_a_signature_over_an_amount_is_a_fault_even_of_a_trusted_authority(paper: Paper, tmp_path: Path) -> None:
    path, root = a_real_certificate(tmp_path / "own.p12", SAMPLE.operator_name, "x")
    place, stamp = Place(1, 90, 250, 400, 300), a_stamp("¥8,800,000.00")
    signed = sign_pdf(paper.pdf, "operator", load_pkcs12(path, "x"), place, stamp)
    assert codes(check_file(signed, None, [root])) == {"covered_by_signature"}


def test_37_an_expired_certificate_of_a_trusted_authority_is_called_expired(paper: Paper, tmp_path: Path) -> None:
    until = datetime.now(UTC) + timedelta(seconds=2)
    path, root = a_real_certificate(tmp_path / "own.p12", SAMPLE.operator_name, "x", until)
    signed = sign_pdf(paper.pdf, "operator", load_pkcs12(path, "x"), None, None)
    assert codes(check_file(signed, None, [root])) <= {"signature_expired"}
    while datetime.now(UTC) <= until:
        time.sleep(0.2)
    (fault,) = check_file(signed, None, [root]).faults
    assert fault.code == "paper_check.signature_expired"
    assert fault.params["day"] == str(until.date())
    assert codes(check_file(signed, None)) == {"signature_unknown"}, "of an authority that nobody trusts"
