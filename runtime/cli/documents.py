"""``xuqiao documents list | sign | fetch | verify``: what was drawn up, who signed and who has not, is a file ours."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option, Typer

from runtime.cli import documents_platform
from runtime.cli.documents_drawing import add_drawing
from runtime.cli.documents_platform import PLATFORM_FOLDER
from runtime.cli.failures import Exit, Misuse, exit_of, known
from runtime.cli.manual import Command, Group
from runtime.cli.options import AsJson, AsUser, Case, File

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.x509 import Certificate

    from activities.papers.agreement import FileFinding
    from activities.papers.check import FileReport
    from activities.signing.in_house import Certificates
    from models.papers.documents import Document
    from models.papers.signatures import Signature, SigningFlow
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
    from models.cases.case_file import the_case
    from models.papers import documents, signatures
    from runtime.cli.documents_platform import flow_data
    from runtime.cli.office import Office
    from runtime.cli.output import moment, print_json, short, table, word
    from runtime.cli.values import case_no_of

    number = case_no_of(case)
    with Office() as office, office.begin() as session:
        the_case(session, number)
        papers = documents.documents_of(session, number)
        signed = {paper.number: signatures.signatures_of(session, paper.number) for paper in papers}
        outside = {paper.number: signatures.open_flow(session, paper.number) for paper in papers}
    waiting = _waiting(papers, signed)
    if as_json:
        print_json(
            [
                {
                    **paper.model_dump(include=_LISTED),
                    "signatures": [_signature_data(signature) for signature in signed[paper.number]],
                    "waiting": waiting[paper.number],
                    "flow": flow_data(flow) if (flow := outside[paper.number]) else None,
                }
                for paper in papers
            ]
        )
        return Exit.WELL
    table(
        ("document_no", "paper", "pages", "at", "digest", "signatures", "waiting"),
        (
            (
                paper.number,
                word("paper", paper.kind),
                paper.pages,
                moment(paper.made_at),
                short(paper.sha256),
                _signed_words(signed[paper.number]),
                _waiting_words(waiting[paper.number], outside[paper.number]),
            )
            for paper in papers
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

    from activities.papers.press.office import read_seal
    from activities.signing.in_house import ByHand, SigningDesk
    from runtime.cli.documents_values import file_content, paper_meant, party_word, write_file
    from runtime.cli.office import Office
    from runtime.cli.output import line, note, print_json, say, short, word
    from runtime.cli.values import case_no_of, moment_of

    number, which = case_no_of(case), paper_meant(which_paper)
    content = by_hand = None
    if scan is not None:
        content = file_content("--scan", scan)
        for name, typed in (("--signatory", by_person), ("--authority", by_authority)):
            if not (typed or "").strip():
                raise Misuse("cli.usage.scan_needs", name=name)
        if out is not None:
            raise Misuse("cli.usage.not_with_scan", name="--out")
        by_hand = ByHand(person=by_person, authority=by_authority, signed_at=moment_of("--signed-at", signed_at))
    elif by_person is not None or signed_at is not None:
        raise Misuse("cli.usage.only_with_scan", name="--signatory" if by_person is not None else "--signed-at")
    with Office() as office:
        desk = SigningDesk(office.desk, _certificates(office.settings), read_seal(office.settings.papers.office_dir))
        now = datetime.now(UTC)
        if content is not None and by_hand is not None:
            signed = desk.attach_scan(number, which, party, as_user, content, by_hand, now)
        else:
            signed = desk.sign(number, which, party, as_user, authority=by_authority or None, at=now)
        if out is not None:
            write_file(out, _signed_content(office, signed.sha256))
    if as_json:
        print_json(_signature_data(signed))
        return Exit.WELL
    shown = {"document": signed.document, "name": signed.name, "person": signed.person}
    line(
        say(
            "signing.recorded",
            **shown,
            party=party_word(signed.party),
            how=word("signed_how", signed.how),
            digest=short(signed.sha256),
        )
    )
    if signed.demo:
        note("signing.demo_note")
    if scan is not None:
        note("paper_check.scan_proves_nothing")
    return Exit.WELL


@app.command("fetch", cls=Command)
def fetch(case: Case, which_paper: WhichPaper, out: Out, as_json: AsJson = False) -> int:
    import hashlib

    from models.papers import signatures
    from runtime.cli.documents_values import paper_meant, write_file
    from runtime.cli.office import Office
    from runtime.cli.output import line, print_json, say
    from runtime.cli.values import case_no_of

    with Office() as office, office.begin() as session:
        paper = signatures.paper_of_case(session, case_no_of(case), paper_meant(which_paper))
        content = signatures.newest_file(session, paper)
        number, kind = paper.number, paper.kind
    digest = hashlib.sha256(content).hexdigest()
    write_file(out, content)
    if as_json:
        print_json({"document_no": number, "out": str(out), "sha256": digest, "bytes": len(content)})
    else:
        line(say("cli.paper.written", kind=kind, path=out, digest=digest))
    return Exit.WELL


@app.command("verify", cls=Command)
def verify(file: File, as_json: AsJson = False) -> int:
    from activities.papers.check import check_file
    from runtime.cli.documents_values import file_content
    from runtime.cli.office import Office
    from runtime.cli.output import plain, print_json

    content = file_content("FILE", file)
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


def _waiting(papers: "list[Document]", signed: "dict[str, list[Signature]]") -> dict[str, list[str]]:
    """The parties that have a place on each paper and no signature on record; on one that was drawn anew, nobody."""
    latest = {paper.kind: paper.number for paper in sorted(papers, key=lambda each: each.attempt)}
    waiting = {}
    for paper in papers:
        places = dict.fromkeys(str(box["party"]) for box in paper.boxes if latest[paper.kind] == paper.number)
        there = {signature.party for signature in signed[paper.number]}
        waiting[paper.number] = [party for party in places if party not in there]
    return waiting


def _signed_words(signed: "list[Signature]") -> str:
    from runtime.cli.documents_values import party_word
    from runtime.cli.output import word

    return ", ".join(f"{party_word(each.party)} {each.person}（{word('signed_how', each.how)}）" for each in signed)


def _waiting_words(parties: list[str], flow: "SigningFlow | None") -> str:
    from runtime.cli.documents_values import party_word
    from runtime.cli.output import say

    asked = {signer["party"] for signer in flow.signers} if flow else set()
    outside = say("cli.platform.asked_there", flow=flow.flow) if flow else ""
    return ", ".join(party_word(each) + (outside if each in asked else "") for each in parties)


def _tell(report: "FileReport") -> None:
    from runtime.cli.documents_values import party_word
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


def _verdict(report: "FileReport") -> str:
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


def _as_data(findings: "Iterable[FileFinding]") -> list[dict[str, object]]:
    from runtime.cli.output import say

    return [{**finding.model_dump(), "message": say(finding.code, **finding.params)} for finding in findings]


def _signature_data(signature: "Signature") -> dict[str, object]:
    return signature.model_dump(exclude={"id"})


def _signed_content(office: "Office", sha256: str) -> bytes:
    from models.papers import signatures

    with office.begin() as session:
        kept = signatures.signed_file(session, sha256)
        assert kept is not None, "it was kept a moment ago"
        return kept.content


def _certificates(settings: "Settings") -> "Certificates":
    from activities.signing.in_house import Certificates

    own = settings.signing
    passphrase = own.passphrase.get_secret_value() if own.passphrase else None
    return Certificates(settings.var / DEMO_FOLDER, own.certificate, passphrase)


def _believed(settings: "Settings") -> "list[Certificate]":
    """The authorities that are believed: those of the folder, and the demonstration's where nothing else signs."""
    from gateways.esign.certificates import demo_certificate, read_authorities

    folder, believed = settings.signing.trusted, []
    if settings.signing.certificate is None:
        made = (settings.var / DEMO_FOLDER, settings.var / PLATFORM_FOLDER / "certificates")
        believed = [demo for each in made if (demo := demo_certificate(each))]
    return [*(read_authorities(folder) if folder else []), *believed]


add_drawing(app)
app.add_typer(documents_platform.app, name="platform")
