"""``xuqiao documents list | fetch`` and ``case paper``: what was drawn up, who signed, who has not, and the files."""

import hashlib
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from activities.wording import moment, short
from models.cases import reads
from models.cases.case_file import the_case
from models.papers import documents, signatures
from models.papers.documents import Document
from models.papers.signatures import Signature, SigningFlow
from rulebook.errors import XuqiaoError
from rulebook.papers.kinds import DocumentKind
from runtime.cli.failures import Exit
from runtime.cli.files import write_file
from runtime.cli.names import case_no_of, member_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, Case
from runtime.cli.output import line, print_json, say, word
from runtime.cli.papers.platform import flow_data
from runtime.cli.papers.values import paper_meant, party_word, signature_data
from runtime.cli.tables import table

WhichPaper = Annotated[str, Argument(metavar="KIND|NUMBER")]


Out = Annotated[Path, Option("--out", metavar="FILE")]


def list_papers(case: Case, as_json: AsJson = False) -> int:
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
                    "signatures": [signature_data(signature) for signature in signed[paper.number]],
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


def fetch(case: Case, which_paper: WhichPaper, out: Out, as_json: AsJson = False) -> int:
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


def _waiting(papers: list[Document], signed: dict[str, list[Signature]]) -> dict[str, list[str]]:
    """The parties that have a place on each paper and no signature on record; on one that was drawn anew, nobody."""
    latest = {paper.kind: paper.number for paper in sorted(papers, key=lambda each: each.attempt)}
    waiting = {}
    for paper in papers:
        places = dict.fromkeys(str(box["party"]) for box in paper.boxes if latest[paper.kind] == paper.number)
        there = {signature.party for signature in signed[paper.number]}
        waiting[paper.number] = [party for party in places if party not in there]
    return waiting


def _signed_words(signed: list[Signature]) -> str:
    return ", ".join(f"{party_word(each.party)} {each.person}（{word('signed_how', each.how)}）" for each in signed)


def _waiting_words(parties: list[str], flow: SigningFlow | None) -> str:
    asked = {signer["party"] for signer in flow.signers} if flow else set()
    outside = say("cli.platform.asked_there", flow=flow.flow) if flow else ""
    return ", ".join(party_word(each) + (outside if each in asked else "") for each in parties)


def paper_of_case(
    case: Case,
    paper_kind: Annotated[str, Argument(metavar="KIND")],
    out: Annotated[Path, Option("--out", metavar="FILE")],
    attempt: Annotated[int | None, Option("--attempt", metavar="NUMBER")] = None,
    as_json: AsJson = False,
) -> int:
    number, which = case_no_of(case), member_of("KIND", DocumentKind, paper_kind)
    with Office() as office, office.begin() as session:
        pdf, digest = reads.paper(session, number, which, attempt)
    found = hashlib.sha256(pdf).hexdigest()
    if found != digest:
        raise XuqiaoError("cli.paper.damaged", case=number, written=digest, found=found)
    write_file(out, pdf)
    if as_json:
        print_json({"case_no": number, "kind": which, "out": str(out), "sha256": digest, "bytes": len(pdf)})
    else:
        line(say("cli.paper.written", kind=which, path=out, digest=digest))
    return Exit.WELL
