"""``xuqiao documents verify``: is a file ours, unchanged, and signed by whom."""

from collections.abc import Iterable

from cryptography.x509 import Certificate

from activities.papers.agreement import FileFinding
from activities.papers.check import FileReport, check_file
from activities.papers.reading import MOST_BYTES
from activities.wording import moment, plain, short
from gateways.esign.certificates import demo_certificate, read_authorities
from runtime.cli.failures import Exit, exit_of, known
from runtime.cli.files import file_content
from runtime.cli.office import Office
from runtime.cli.options import AsJson, File
from runtime.cli.output import fields, line, print_json, say, section, word
from runtime.cli.papers.values import DEMO_FOLDER, PLATFORM_FOLDER, party_word
from runtime.settings import Settings


def verify(file: File, as_json: AsJson = False) -> int:
    content = file_content("FILE", file, MOST_BYTES)
    with Office() as office:
        roots = _believed(office.settings)
        try:
            with office.begin() as session:
                report = check_file(content, session, roots)
        except Exception as error:
            # Whoever has no way to the records still learns what the file says of itself.
            foreseen = known(error)
            if foreseen is None or exit_of(foreseen) is not Exit.NOT_SET_UP:
                raise
            report = check_file(content, None, roots)
    if as_json:
        worded = {"faults": _as_data(report.faults), "remarks": _as_data(report.remarks)}
        print_json({"good": report.good, **plain(report), **worded})
    else:
        _tell(report)
    return Exit.WELL if report.good else Exit.REFUSED


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
    """The authorities that are believed: those of the folder, and the demonstration's where nothing else signs."""
    folder, believed = settings.signing.trusted, []
    if settings.signing.certificate is None:
        made = (settings.var / DEMO_FOLDER, settings.var / PLATFORM_FOLDER / "certificates")
        believed = [demo for each in made if (demo := demo_certificate(each))]
    return [*(read_authorities(folder) if folder else []), *believed]
