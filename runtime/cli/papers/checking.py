"""``xuqiao documents verify``: is a file ours, unchanged, and signed by whom."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from cryptography.x509 import Certificate

from activities.papers.check import FileReport, check_file
from activities.papers.embedded import FONTS
from activities.papers.findings import FileFinding
from activities.papers.reading import MOST_BYTES
from activities.wording import moment, plain, short
from activities.words import say_error
from gateways.esign.certificates import demo_certificate, read_authorities
from runtime.cli.failures import Exit, exit_of, known, tell
from runtime.cli.files import file_content
from runtime.cli.language import call
from runtime.cli.office import Office
from runtime.cli.options import AsJson, File
from runtime.cli.output import fields, line, print_json, say, section, word
from runtime.cli.papers.values import DEMO_FOLDER, PLATFORM_FOLDER, party_word
from runtime.settings import Settings

if TYPE_CHECKING:
    from sqlmodel import Session


def verify(file: File, as_json: AsJson = False) -> int:
    content = file_content("FILE", file, MOST_BYTES)
    away = None
    with Office() as office:
        check = _checking(office.settings)
        try:
            if office.settings.has_records:
                with office.begin() as session:
                    report = check(content, session)
            else:
                report = check(content, None)
        except Exception as error:
            # Whoever has no way to the records still learns what the file says of itself; but records that are there
            # and do not answer are not the same as none: nobody may take the rest for the whole.
            away = known(error)
            if away is None or exit_of(away) is not Exit.NOT_SET_UP:
                raise
            report = check(content, None)
    if as_json:
        worded = {"faults": _as_data(report.faults), "remarks": _as_data(report.remarks)}
        missing = {"records_away": {**away.as_data(), "message": say_error(away, call.lang)}} if away else {}
        print_json({"good": report.good and away is None, **plain(report), **worded, **missing})
    else:
        _tell(report)
        if away:
            tell(away)
    if away:
        return Exit.NOT_SET_UP
    return Exit.WELL if report.good else Exit.REFUSED


def _checking(settings: Settings) -> Callable[[bytes, "Session | None"], FileReport]:
    """The check as this house makes it."""
    folder = settings.papers.office_dir
    fonts = folder / FONTS if folder and (folder / FONTS).is_dir() else None
    own = settings.signing.certificate is not None
    return lambda content, session: check_file(
        content, session, _believed(settings), demo_counts=not own, office_fonts=fonts
    )


def _tell(report: FileReport) -> None:
    line(say(f"paper_check.verdict_{_verdict(report)}"))
    fields(
        [
            ("document_no", report.document_no),
            ("paper", word("paper", report.kind)),
            ("case", report.case_no),
            ("form", word("file_form", report.form)),
            ("digest", report.sha256),
        ]
    )
    if report.signatures:
        section("signatures")
    for each in report.signatures:
        line(
            say(
                "paper_check.signature_line",
                who=party_word(each.party) if each.party else "?",
                holder=each.holder or "?",
                at=moment(each.signed_at) or "?",
                certificate=short(each.certificate) or "?",
                state=say(f"paper_check.state_{_state(each.good, each.whole)}"),
                issuer=each.issuer or "?",
            )
        )
    if report.recorded:
        section("recorded_signatures")
    for one in report.recorded:
        shown = {"who": party_word(one.party), "name": one.name, "person": one.person, "authority": one.authority}
        line(say("paper_check.recorded_line", **shown, how=word("signed_how", one.how), at=moment(one.signed_at)))
    for title, findings in (("faults", report.faults), ("remarks", report.remarks)):
        if findings:
            section(title)
        for finding in findings:
            line(f"  {say(finding.code, **finding.params)}")


def _verdict(report: FileReport) -> str:
    if report.ours is None:
        return "alone_good" if report.good else "alone_wrong"
    if not report.ours:
        return "foreign"
    if not report.unchanged:
        return "changed"
    if not report.good:
        return "wrong"
    return "scan" if report.form == "scan" else "good"


def _state(good: bool, whole: bool) -> str:
    if not good:
        return "broken"
    return "whole" if whole else "part"


def _as_data(findings: Iterable[FileFinding]) -> list[dict[str, object]]:
    return [{**finding.model_dump(), "message": say(finding.code, **finding.params)} for finding in findings]


def _believed(settings: Settings) -> list[Certificate]:
    """The authorities that are believed: those of the folder, and the demonstration's, by the key that was made
    here."""
    folder = settings.signing.trusted
    made = (settings.var / DEMO_FOLDER, settings.var / PLATFORM_FOLDER / "certificates")
    believed = [demo for each in made if (demo := demo_certificate(each))]
    return [*(read_authorities(folder) if folder else []), *believed]
