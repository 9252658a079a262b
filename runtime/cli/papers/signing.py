"""``xuqiao documents sign``: the office signs, or a scan of what was signed by hand is kept."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from activities.papers.press.office import read_seal
from activities.papers.reading import MOST_BYTES
from activities.signing.in_house import ByHand, Certificates, InHouseSigning
from activities.wording import short
from models.papers import signatures
from runtime.cli.failures import Exit, Misuse
from runtime.cli.files import file_content, write_file
from runtime.cli.names import case_no_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Case
from runtime.cli.output import line, note, print_json, say, word
from runtime.cli.papers.values import DEMO_FOLDER, paper_meant, party_word, signature_data
from runtime.cli.values import moment_of
from runtime.settings import Settings

WhichPaper = Annotated[str, Argument(metavar="KIND|NUMBER")]


Party = Annotated[str, Option("--party", metavar="PARTY")]


Scan = Annotated[Path | None, Option("--scan", metavar="FILE")]


ByPerson = Annotated[str | None, Option("--signatory", metavar="NAME")]


ByAuthority = Annotated[str | None, Option("--authority", metavar="TEXT")]


SignedAt = Annotated[str | None, Option("--signed-at", metavar="MOMENT")]


OutOrNot = Annotated[Path | None, Option("--out", metavar="FILE")]


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
    number, which = case_no_of(case), paper_meant(which_paper)
    content = by_hand = None
    if scan is not None:
        content = file_content("--scan", scan, MOST_BYTES)
        for name, typed in (("--signatory", by_person), ("--authority", by_authority)):
            if not (typed or "").strip():
                raise Misuse("cli.usage.scan_needs", name=name)
        if out is not None:
            raise Misuse("cli.usage.not_with_scan", name="--out")
        by_hand = ByHand(person=by_person, authority=by_authority, signed_at=moment_of("--signed-at", signed_at))
    elif by_person is not None or signed_at is not None:
        raise Misuse("cli.usage.only_with_scan", name="--signatory" if by_person is not None else "--signed-at")
    with Office() as office:
        signing = InHouseSigning(
            office.desk, _certificates(office.settings), read_seal(office.settings.papers.office_dir)
        )
        now = datetime.now(UTC)
        if content is not None and by_hand is not None:
            signed = signing.attach_scan(number, which, party, as_user, content, by_hand, now)
        else:
            signed = signing.sign(number, which, party, as_user, authority=by_authority or None, at=now)
        if out is not None:
            write_file(out, _signed_content(office, signed.sha256))
    if as_json:
        print_json(signature_data(signed))
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


def _signed_content(office: Office, sha256: str) -> bytes:
    with office.begin() as session:
        kept = signatures.signed_file(session, sha256)
        assert kept is not None, "it was kept a moment ago"
        return kept.content


def _certificates(settings: Settings) -> Certificates:
    own = settings.signing
    passphrase = own.passphrase.get_secret_value() if own.passphrase else None
    return Certificates(settings.var / DEMO_FOLDER, own.certificate, passphrase)
