"""``xuqiao documents list | sign | fetch | verify``: what was drawn up, who signed it, is a file one of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option, Typer

from runtime.cli.documents_drawing import add_drawing
from runtime.cli.failures import Exit, Misuse, exit_of, known
from runtime.cli.manual import Command, Group
from runtime.cli.options import AsJson, AsUser, Case, File

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.x509 import Certificate

    from activities.paper_agreement import FileFinding
    from activities.paper_check import FileReport
    from activities.signing import Certificates
    from models.signatures import Signature
    from runtime.cli.office import Office
    from runtime.settings import Settings

WhichPaper = Annotated[str, Argument(metavar="KIND|NUMBER")]
Party = Annotated[str, Option("--party", metavar="PARTY")]
Scan = Annotated[Path | None, Option("--scan", metavar="FILE")]
ByPerson = Annotated[str | None, Option("--signatory", metavar="NAME")]
ByAuthority = Annotated[str | None, Option("--authority", metavar="TEXT")]
SignedAt = Annotated[str | None, Option("--signed-at", metavar="MOMENT")]
OutOrNot = Annotated[Path | None, Option("--out", metavar="FILE")]
Out = Annotated[Path, Option("--out", metavar="FILE")]

DEMO_FOLDER = "signing-demo"
"""Folder of the demonstration's certificates, under the data folder."""

app = Typer(cls=Group, no_args_is_help=True, add_completion=False)


@app.command("list", cls=Command)
def list_papers(case: Case, as_json: AsJson = False) -> int:
    from models import documents, signatures
    from models.cases import the_case
    from runtime.cli.office import Office
    from runtime.cli.output import moment, print_json, short, table, word
    from runtime.cli.values import case_no_of

    number = case_no_of(case)
    with Office() as office, office.begin() as session:
        the_case(session, number)
        found = [
            (paper, signatures.signatures_of(session, paper.number))
            for paper in documents.documents_of(session, number)
        ]
    if as_json:
        print_json(
            [
                {
                    **paper.model_dump(include=_LISTED),
                    "signatures": [_signature_data(signature) for signature in signed],
                }
                for paper, signed in found
            ]
        )
        return Exit.WELL
    table(
        ("document_no", "paper", "pages", "at", "digest", "signatures"),
        (
            (
                paper.number,
                word("paper", paper.kind),
                paper.pages,
                moment(paper.made_at),
                short(paper.sha256),
                ", ".join(f"{_party(each.party)} {each.person}（{word('signed_how', each.how)}）" for each in signed),
            )
            for paper, signed in found
        ),
        right=("pages",),
    )
    return Exit.WELL


@app.command("sign", cls=Command)
def sign(
    case: Case,
    which_paper: WhichPaper,
    party: Party,
    as_user: AsUser,
    scan: Scan = None,
    by_person: ByPerson = None,
    by_authority: ByAuthority = None,
    signed_at: SignedAt = None,
    out: OutOrNot = None,
    as_json: AsJson = False,
) -> int:
    from datetime import UTC, datetime

    from activities.signing import ByHand, SigningDesk
    from runtime.cli.office import Office
    from runtime.cli.output import line, note, print_json, say, short, word
    from runtime.cli.values import case_no_of, moment_of

    number, which = case_no_of(case), _which(which_paper)
    content = by_hand = None
    if scan is not None:
        content = _content("--scan", scan)
        for name, typed in (("--signatory", by_person), ("--authority", by_authority)):
            if not (typed or "").strip():
                raise Misuse("cli.usage.scan_needs", name=name)
        if out is not None:
            raise Misuse("cli.usage.not_with_scan", name="--out")
        by_hand = ByHand(person=by_person, authority=by_authority, signed_at=moment_of("--signed-at", signed_at))
    elif by_person is not None or signed_at is not None:
        raise Misuse("cli.usage.only_with_scan", name="--signatory" if by_person is not None else "--signed-at")
    with Office() as office:
        desk = SigningDesk(office.desk, _certificates(office.settings))
        now = datetime.now(UTC)
        if content is not None and by_hand is not None:
            signed = desk.attach_scan(number, which, party, as_user, content, by_hand, now)
        else:
            signed = desk.sign(number, which, party, as_user, authority=by_authority or None, at=now)
        if out is not None:
            _write(out, _signed_content(office, signed.sha256))
    if as_json:
        print_json(_signature_data(signed))
        return Exit.WELL
    shown = {"document": signed.document, "party": _party(signed.party), "name": signed.name, "person": signed.person}
    line(say("signing.recorded", **shown, how=word("signed_how", signed.how), digest=short(signed.sha256)))
    if signed.demo:
        note("signing.demo_note")
    if scan is not None:
        note("paper_check.scan_proves_nothing")
    return Exit.WELL


@app.command("fetch", cls=Command)
def fetch(case: Case, which_paper: WhichPaper, out: Out, as_json: AsJson = False) -> int:
    import hashlib

    from models import signatures
    from runtime.cli.office import Office
    from runtime.cli.output import line, print_json, say
    from runtime.cli.values import case_no_of

    with Office() as office, office.begin() as session:
        paper = signatures.paper_of_case(session, case_no_of(case), _which(which_paper))
        content = signatures.newest_file(session, paper)
        number, kind = paper.number, paper.kind
    digest = hashlib.sha256(content).hexdigest()
    _write(out, content)
    if as_json:
        print_json({"document_no": number, "out": str(out), "sha256": digest, "bytes": len(content)})
    else:
        line(say("cli.paper.written", kind=kind, path=out, digest=digest))
    return Exit.WELL


@app.command("verify", cls=Command)
def verify(file: File, as_json: AsJson = False) -> int:
    from activities.paper_check import check_file
    from runtime.cli.office import Office
    from runtime.cli.output import plain, print_json

    content = _content("FILE", file)
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
        said = {"faults": _as_data(report.faults), "remarks": _as_data(report.remarks)}
        print_json({"good": report.good, **plain(report), **said})
    else:
        _tell(report)
    return Exit.WELL if report.good else Exit.REFUSED


_LISTED = {
    "number",
    "kind",
    "attempt",
    "lang",
    "pages",
    "sha256",
    "data_digest",
    "template_digest",
    "made_at",
    "made_by",
}


def _tell(report: "FileReport") -> None:
    from runtime.cli.output import fields, line, moment, say, section, short, word

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
                who=_party(each.party) if each.party else "?",
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
        shown = {"who": _party(one.party), "name": one.name, "person": one.person, "authority": one.authority}
        line(say("paper_check.recorded_line", **shown, how=word("signed_how", one.how), at=moment(one.signed_at)))
    for title, findings in (("faults", report.faults), ("remarks", report.remarks)):
        if findings:
            section(title)
        for finding in findings:
            line(f"  {say(finding.code, **finding.params)}")


def _verdict(report: "FileReport") -> str:
    if report.ours is None:
        return "alone_good" if report.good else "alone_wrong"
    if not report.ours:
        return "foreign"
    if not report.unchanged:
        return "changed"
    return "good" if report.good else "wrong"


def _state(good: bool, whole: bool) -> str:
    if not good:
        return "broken"
    return "whole" if whole else "part"


def _party(party: str) -> str:
    """The word for a party; a guarantor keeps his number."""
    from runtime.cli.output import word

    name, _, number = party.partition("_")
    return f"{word('party', 'guarantor')} {number}" if name == "guarantor" else word("party", party)


def _as_data(findings: "Iterable[FileFinding]") -> list[dict[str, object]]:
    from runtime.cli.output import say

    return [{**finding.model_dump(), "message": say(finding.code, **finding.params)} for finding in findings]


def _signature_data(signature: "Signature") -> dict[str, object]:
    return signature.model_dump(exclude={"id"})


def _which(typed: str) -> str:
    """A paper's number as it stands, or a kind by its value or word."""
    import re
    import unicodedata

    from rulebook.papers import DocumentKind
    from runtime.cli.values import member_of

    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed)).upper()
    if re.fullmatch(r"[A-Z][A-Z0-9-]*-\d{4}-\d{5,}-\d-[A-Z0-9]+", text):
        return text
    return member_of("KIND|NUMBER", DocumentKind, typed).value


def _content(name: str, path: Path) -> bytes:
    """The bytes of a file, no more than can be looked at."""
    from activities.paper_reading import MOST_BYTES
    from runtime.cli.output import say

    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        reason = say("cli.usage.no_file", path=path, reason=error.strerror or error)
        raise Misuse("cli.usage.bad_value", name=name, reason=reason) from None
    if not content:
        raise Misuse("cli.usage.bad_value", name=name, reason=say("paper_check.empty", path=path))
    if len(content) > MOST_BYTES:
        reason = say("paper_check.too_big", size=path.stat().st_size, most=MOST_BYTES)
        raise Misuse("cli.usage.bad_value", name=name, reason=reason)
    return content


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Misuse("cli.usage.cannot_write", path=path, reason=error.strerror or error) from None


def _signed_content(office: "Office", sha256: str) -> bytes:
    from models import signatures

    with office.begin() as session:
        kept = signatures.signed_file(session, sha256)
        assert kept is not None, "it was kept a moment ago"
        return kept.content


def _certificates(settings: "Settings") -> "Certificates":
    from activities.signing import Certificates

    own = settings.signing
    passphrase = own.passphrase.get_secret_value() if own.passphrase else None
    return Certificates(settings.var / DEMO_FOLDER, own.certificate, passphrase)


def _believed(settings: "Settings") -> "list[Certificate]":
    """The authorities that are believed: those of the folder, and the demonstration's where nothing else signs."""
    from gateways.esign.certificates import demo_certificate, read_authorities

    folder = settings.signing.trusted
    demo = demo_certificate(settings.var / DEMO_FOLDER) if settings.signing.certificate is None else None
    return [*(read_authorities(folder) if folder else []), *([demo] if demo else [])]


add_drawing(app)
