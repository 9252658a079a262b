"""Papers signed on an outside platform, which may be late, loud, silent, away, or wrong."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from activities.law.calendars import shanghai_today
from activities.papers.press import Press
from activities.signing.check import find_signatures
from activities.signing.platform import Asked, PlatformSigning
from gateways.esign import PlatformAway, PlatformManner, SimulatedPlatform
from models.database import sessions
from models.papers import signatures
from models.papers.documents import Document
from models.papers.signatures import FlowEnd
from rulebook.papers.signing import SignedHow
from runtime.seed import open_fund
from runtime.settings import checkout
from tests.papers.records import SigningOffice, refused

NOW = datetime.now(UTC)
OPERATOR, BORROWER, BANK = "operator", "borrower", "bank"
ALL = (
    Asked(party=BORROWER, person="石犇", authority="法定代表人"),
    Asked(party=BANK, person="沈喆", authority="授权书〔2026〕7号"),
)


@pytest.fixture
def here(app_engine: Engine, desk_engine: Engine, press: Press, tmp_path: Path) -> SigningOffice:
    with sessions(app_engine).begin() as session:
        open_fund(session, (checkout() or Path.cwd()) / "examples" / "fund.toml", shanghai_today())
    return SigningOffice(sessions(app_engine), sessions(desk_engine), press, tmp_path)


@pytest.fixture
def platform(here: SigningOffice) -> SimulatedPlatform:
    return SimulatedPlatform(here.folder / "platform")


@pytest.fixture
def outside(here: SigningOffice, platform: SimulatedPlatform) -> PlatformSigning:
    return PlatformSigning(here.desk.begin, platform)


def start(outside: PlatformSigning, paper: Document) -> str:
    return outside.start(paper.case_no, paper.number, ALL, "li.jing", NOW)


def test_a_paper_signed_on_a_platform_comes_back_with_every_signature_and_its_evidence(
    here: SigningOffice, platform: SimulatedPlatform, outside: PlatformSigning
) -> None:
    paper = here.paper()
    ours = here.content(here.sign(paper).sha256)
    flow = start(outside, paper)
    assert start(outside, paper) == flow, "asked again, the same signing"
    assert outside.settle(flow, NOW) is FlowEnd.STARTED
    with refused("signing.flow_open"):
        here.sign(paper, BANK)

    platform.signers_act()
    assert outside.settle(flow, NOW) is FlowEnd.COMPLETED
    assert outside.settle(flow, NOW) is FlowEnd.COMPLETED

    own, borrower, bank = here.recorded(paper)
    assert (own.how, borrower.how, bank.how) == (SignedHow.PADES, SignedHow.PLATFORM, SignedHow.PLATFORM)
    assert (bank.person, bank.authority, bank.flow) == ("沈喆", "授权书〔2026〕7号", flow)
    assert bank.evidence == f"CZ-{flow}"
    content = here.content(bank.sha256)
    assert content.startswith(ours)
    assert [(each.party, each.good) for each in find_signatures(content)] == [
        (OPERATOR, True),
        (BORROWER, True),
        (BANK, True),
    ]


def test_a_hundred_calls_at_once_record_each_signature_once(
    here: SigningOffice, platform: SimulatedPlatform, outside: PlatformSigning
) -> None:
    paper = here.paper()
    start(outside, paper)
    platform.signers_act()
    last = platform.deliveries()[-1]
    with ThreadPoolExecutor(5) as calls:
        said = list(calls.map(lambda _: outside.on_callback(last.body, last.headers, NOW), range(100)))
    assert set(said) == {FlowEnd.COMPLETED}
    assert [each.party for each in here.recorded(paper)] == [BORROWER, BANK]


def test_calls_out_of_order_late_or_forged_change_nothing_by_themselves(
    here: SigningOffice, platform: SimulatedPlatform, outside: PlatformSigning
) -> None:
    paper = here.paper()
    start(outside, paper)
    platform.signers_act()
    started, completed = platform.deliveries()
    assert outside.on_callback(completed.body, completed.headers, NOW) is FlowEnd.COMPLETED
    assert outside.on_callback(started.body, started.headers, NOW) is FlowEnd.COMPLETED
    with refused("signing.callback_forged"):
        outside.on_callback(started.body.replace(b"started", b"refused"), started.headers, NOW)
    with refused("signing.callback_forged"):
        outside.on_callback(completed.body, {}, NOW)
    assert len(here.recorded(paper)) == 2


def test_a_signer_who_refuses_ends_it_and_the_paper_can_be_handed_over_anew(
    here: SigningOffice, platform: SimulatedPlatform, outside: PlatformSigning
) -> None:
    paper = here.paper()
    first = start(outside, paper)
    platform.behave(PlatformManner.REFUSE)
    platform.signers_act()
    assert outside.settle(first, NOW) is FlowEnd.REFUSED
    with here.app() as session:
        assert "拒绝" in (signatures.the_flow(session, first).reason or "")
    platform.behave(PlatformManner.PROPER)
    again = start(outside, paper)
    assert again != first
    platform.signers_act()
    assert outside.settle(again, NOW) is FlowEnd.COMPLETED
    assert {each.flow for each in here.recorded(paper)} == {again}


@pytest.mark.parametrize(
    ("manner", "why"),
    [
        (PlatformManner.WRONG_FILE, "another_file"),
        (PlatformManner.WRONG_DIGEST, "another_digest"),
        (PlatformManner.ANOTHER_SIGNER, "other_signers"),
    ],
)
def test_what_is_not_what_we_handed_over_is_not_taken(
    manner: PlatformManner, why: str, here: SigningOffice, platform: SimulatedPlatform, outside: PlatformSigning
) -> None:
    paper = here.paper()
    flow = start(outside, paper)
    platform.behave(manner)
    platform.signers_act()
    assert outside.settle(flow, NOW) is FlowEnd.REJECTED
    with here.app() as session:
        assert signatures.the_flow(session, flow).reason == why
        assert signatures.newest_file(session, paper) == paper.pdf
    assert here.recorded(paper) == []


def test_a_platform_that_is_away_is_asked_again(
    here: SigningOffice, platform: SimulatedPlatform, outside: PlatformSigning
) -> None:
    paper = here.paper()
    platform.behave(PlatformManner.AWAY)
    with pytest.raises(PlatformAway):
        start(outside, paper)
    platform.behave(PlatformManner.SILENT)
    flow = start(outside, paper)
    platform.signers_act()
    assert platform.deliveries() == []
    platform.behave(PlatformManner.AWAY)
    with pytest.raises(PlatformAway):
        outside.settle(flow, NOW)
    platform.behave(PlatformManner.SILENT)
    assert outside.settle(flow, NOW) is FlowEnd.COMPLETED, "it never called, and somebody looked"


def test_a_signing_is_called_off_unless_it_was_completed_before(
    here: SigningOffice, platform: SimulatedPlatform, outside: PlatformSigning
) -> None:
    paper = here.paper()
    flow = start(outside, paper)
    assert outside.cancel(flow, "企业要求改用纸质", NOW) is FlowEnd.CANCELLED
    assert outside.cancel(flow, "再次", NOW) is FlowEnd.CANCELLED
    platform.signers_act()
    assert outside.settle(flow, NOW) is FlowEnd.CANCELLED
    again = start(outside, paper)
    platform.signers_act()
    assert outside.cancel(again, "太晚", NOW) is FlowEnd.COMPLETED
