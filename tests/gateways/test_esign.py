"""The simulated signing platform by itself: what it promises as a platform, and its faults."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pytest

from activities.signing.check import find_signatures
from gateways.esign import (
    DemoAuthority,
    ESignPlatform,
    FlowState,
    Place,
    PlatformAway,
    PlatformManner,
    SignerTask,
    SigningRequest,
    SimulatedPlatform,
    sign_pdf,
)
from rulebook.errors import XuqiaoError


@pytest.fixture(scope="module")
def pdf() -> bytes:
    made = io.BytesIO()
    with pikepdf.new() as page:
        page.add_blank_page()
        page.save(made)
    return made.getvalue()


@pytest.fixture
def platform(tmp_path: Path) -> SimulatedPlatform:
    return SimulatedPlatform(tmp_path / "platform")


def request(pdf: bytes, key: str = "K-1") -> SigningRequest:
    tasks = tuple(
        SignerTask(party=party, name=name, person="沈喆", authority="行长", page=1, x=50, y=50, width=120, height=40)
        for party, name in (("borrower", "某企业有限公司"), ("bank", "某银行"))
    )
    digest = hashlib.sha256(pdf).hexdigest()
    return SigningRequest(key=key, document_no="DH-1-XY", title="协议", sha256=digest, signers=tasks)


def test_preparing_twice_prepares_once_and_another_file_is_refused(platform: ESignPlatform, pdf: bytes) -> None:
    with ThreadPoolExecutor(4) as people:
        flows = set(people.map(lambda _: platform.prepare(request(pdf), pdf), range(12)))
    assert len(flows) == 1
    with pytest.raises(XuqiaoError) as refused:
        platform.prepare(request(pdf), pdf + b"\n")
    assert refused.value.code == "signing.key_conflict"
    assert platform.prepare(request(pdf, "K-2"), pdf) not in flows


def test_nobody_signs_before_the_start_and_nothing_is_fetched_before_the_end(
    platform: SimulatedPlatform, pdf: bytes
) -> None:
    flow = platform.prepare(request(pdf), pdf)
    platform.signers_act()
    assert platform.look(flow).state is FlowState.PREPARED
    platform.start(flow)
    platform.start(flow)
    for fetch in (platform.fetch_signed, platform.fetch_evidence):
        with pytest.raises(XuqiaoError) as early:
            fetch(flow)
        assert early.value.params == {"flow": flow, "state": "started"}

    platform.signers_act()
    signed, evidence = platform.fetch_signed(flow), platform.fetch_evidence(flow)
    assert signed.startswith(pdf)
    assert evidence.signed_sha256 == hashlib.sha256(signed).hexdigest()
    assert evidence.original_sha256 == hashlib.sha256(pdf).hexdigest()
    found = find_signatures(signed)
    assert [(each.party, each.certificate) for each in found] == [
        (each.party, each.certificate) for each in evidence.signatures
    ]
    assert all(each.good and each.demo for each in found)
    assert platform.cancel(flow, "太晚") is FlowState.COMPLETED


def test_it_remembers_what_it_was_asked_after_a_restart(
    platform: SimulatedPlatform, pdf: bytes, tmp_path: Path
) -> None:
    flow = platform.prepare(request(pdf), pdf)
    platform.start(flow)
    again = SimulatedPlatform(tmp_path / "platform")
    again.signers_act()
    assert platform.look(flow).state is FlowState.COMPLETED
    assert len(again.deliveries()) == 2


def test_a_call_is_known_by_its_seal_however_its_header_is_written(platform: SimulatedPlatform, pdf: bytes) -> None:
    flow = platform.prepare(request(pdf), pdf)
    platform.start(flow)
    (call,) = platform.deliveries()
    shouted = {name.upper(): value for name, value in call.headers.items()}
    assert platform.on_callback(call.body, shouted).flow == flow
    for body, headers in ((call.body + b" ", call.headers), (call.body, {"x-esign-signature": "00"}), (call.body, {})):
        with pytest.raises(XuqiaoError) as forged:
            platform.on_callback(body, headers)
        assert forged.value.code == "signing.callback_forged"


def test_a_flow_it_never_heard_of_and_a_platform_that_is_away(platform: SimulatedPlatform, pdf: bytes) -> None:
    for call in (platform.look, platform.start, platform.fetch_signed):
        with pytest.raises(XuqiaoError) as unknown:
            call("F0")
        assert unknown.value.code == "signing.flow_unknown"
    flow = platform.prepare(request(pdf), pdf)
    platform.behave(PlatformManner.AWAY)
    for ask in (platform.look, platform.start, platform.fetch_signed, platform.fetch_evidence):
        with pytest.raises(PlatformAway):
            ask(flow)
    platform.behave(PlatformManner.PROPER)
    assert platform.look(flow).state is FlowState.PREPARED


def test_a_party_may_sign_by_two_people(pdf: bytes, tmp_path: Path) -> None:
    credential = DemoAuthority(tmp_path / "demo").credential("bank", "某银行")
    once = sign_pdf(pdf, "bank", credential, Place(1, 10, 10, 100, 40), None)
    twice = sign_pdf(once, "bank", credential, None, None)
    assert twice.startswith(once)
    assert [(each.party, each.good) for each in find_signatures(twice)] == [("bank", True), ("bank", True)]


def test_what_is_no_pdf_is_not_signed(tmp_path: Path) -> None:
    credential = DemoAuthority(tmp_path / "demo").credential("bank", "某银行")
    for content in (b"", b"text", b"%PDF-1.7\n%%EOF"):
        with pytest.raises(XuqiaoError) as refused:
            sign_pdf(content, "bank", credential, None, None)
        assert refused.value.code == "signing.not_a_pdf"


def test_a_demonstration_has_a_certificate_for_any_name(tmp_path: Path) -> None:
    authority = DemoAuthority(tmp_path / "demo")
    names = ["一" * 60, "𬭎㛃䶮有限公司", "A/B\\..公司"]
    made = [authority.credential("guarantor_1", name) for name in names]
    assert len({each.fingerprint for each in made}) == 3
    assert {path.parent for path in (tmp_path / "demo").rglob("*")} == {tmp_path / "demo"}
