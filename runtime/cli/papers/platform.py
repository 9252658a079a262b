"""``xuqiao documents platform``: papers handed to an outside signing platform, and what came of it."""

from datetime import UTC, datetime
from typing import Annotated

from typer import Argument, Option

from activities.signing.platform import Asked, PlatformSigning
from activities.wording import moment
from gateways.esign import PlatformAway, PlatformManner, SimulatedPlatform
from models.cases.case_file import the_case
from models.funds.people import actor_in_case
from models.papers import signatures
from models.papers.signatures import FlowEnd, SigningFlow
from rulebook.errors import XuqiaoError
from rulebook.stages import Role
from runtime.cli.failures import Exit, Misuse
from runtime.cli.names import case_no_of
from runtime.cli.office import Office
from runtime.cli.options import AsJson, AsUser, Reason
from runtime.cli.output import line, note, print_json, say, word
from runtime.cli.papers.values import PLATFORM_FOLDER, case_and_paper, party_word
from runtime.cli.tables import table
from runtime.settings import Settings

CaseOrNumber = Annotated[str, Argument(metavar="CASE|NUMBER")]
CaseOrNot = Annotated[str | None, Argument(metavar="CASE")]
PaperKind = Annotated[str | None, Argument(metavar="KIND")]
AskedParty = Annotated[list[str], Option("--party", metavar="PARTY")]
AskedPerson = Annotated[list[str], Option("--signatory", metavar="NAME")]
AskedAuthority = Annotated[list[str], Option("--authority", metavar="TEXT")]
ToSettle = Annotated[str | None, Option("--flow", metavar="FLOW")]
Flow = Annotated[str, Argument(metavar="FLOW")]
Refusing = Annotated[bool, Option("--refuse")]


def start(
    case_or_number: CaseOrNumber,
    *,
    kind_or_not: PaperKind = None,
    asked_party: AskedParty,
    asked_person: AskedPerson,
    asked_authority: AskedAuthority,
    as_user: AsUser,
    as_json: AsJson = False,
) -> int:
    case_no, which = case_and_paper(case_or_number, kind_or_not)
    asked = _asked(asked_party, asked_person, asked_authority)
    note("cli.unauthenticated")
    with _Outside() as outside:
        flow = outside.signing.start(case_no, which, asked, as_user, datetime.now(UTC))
        kept = outside.flow(flow)
    if as_json:
        print_json(flow_data(kept))
        return Exit.WELL
    names = "、".join(f"{party_word(each.party)} {each.person}" for each in asked)
    line(say("cli.platform.started", document=kept.document, platform=kept.platform, flow=flow, signers=names))
    note("cli.platform.simulated_note")
    return Exit.WELL


def settle(to_settle: ToSettle = None, as_json: AsJson = False) -> int:
    with _Outside() as outside:
        if to_settle is not None:
            flows = [to_settle.strip()]
        else:
            with outside.office.begin() as session:
                flows = [each.flow for each in signatures.flows(session)]
        for flow in flows:
            outside.signing.settle(flow, datetime.now(UTC))
        settled = [outside.flow(flow) for flow in flows]
    if as_json:
        print_json([flow_data(each) for each in settled])
    elif not settled:
        line(say("cli.platform.none_open"))
    else:
        for each in settled:
            line(say("cli.platform.stands", flow=each.flow, document=each.document, state=flow_words(each)))
    return Exit.NOT_AS_EXPECTED if any(each.state == FlowEnd.REJECTED for each in settled) else Exit.WELL


def cancel(flow: Flow, reason: Reason, as_user: AsUser, as_json: AsJson = False) -> int:
    if not reason.strip():
        raise Misuse("cli.usage.empty", name="--reason")
    note("cli.unauthenticated")
    with _Outside() as outside:
        with outside.office.begin() as session:
            person = actor_in_case(session, as_user, Role.MAKER, signatures.case_of_flow(session, flow.strip()))
        outside.signing.cancel(flow.strip(), f"{reason.strip()}（{person.name}）", datetime.now(UTC))
        kept = outside.flow(flow.strip())
    if as_json:
        print_json(flow_data(kept))
    else:
        line(say("cli.platform.stands", flow=kept.flow, document=kept.document, state=flow_words(kept)))
    return Exit.WELL


def list_flows(case_or_not: CaseOrNot = None, as_json: AsJson = False) -> int:
    number = None if case_or_not is None else case_no_of(case_or_not)
    with Office() as office, office.begin() as session:
        if number is not None:
            the_case(session, number)
        flows = signatures.flows(session, number)
    if as_json:
        print_json([flow_data(each) for each in flows])
        return Exit.WELL
    table(
        ("flow", "document_no", "platform", "signers", "at", "state"),
        (
            (
                each.flow,
                each.document,
                each.platform,
                ", ".join(f"{party_word(signer['party'])} {signer['person']}" for signer in each.signers),
                moment(each.started_at),
                flow_words(each),
            )
            for each in flows
        ),
    )
    return Exit.WELL


def simulate(refusing: Refusing = False) -> int:
    with _Outside() as outside:
        outside.platform.behave(PlatformManner.REFUSE if refusing else PlatformManner.PROPER)
        outside.platform.signers_act(datetime.now(UTC))
    line(say("cli.platform.simulated_refused" if refusing else "cli.platform.simulated_signed"))
    return Exit.WELL


def flow_data(flow: SigningFlow) -> dict[str, object]:
    """A signing on a platform as data for programs: whose signature was asked, without where on the page."""
    signers = [{name: signer[name] for name in ("party", "name", "person", "authority")} for signer in flow.signers]
    return flow.model_dump(exclude={"signers"}) | {"signers": signers}


def flow_words(flow: SigningFlow) -> str:
    """How far a signing on a platform is, in words, with the reason why it ended."""
    state = word("cli.flow", flow.state)
    if not flow.reason:
        return state
    reason = word("cli.flow_wrong", flow.reason) if flow.state == FlowEnd.REJECTED else flow.reason
    return say("cli.platform.because", state=state, reason=reason)


class _Outside:
    """The office with the platform that the settings name.

    Raises:
        XuqiaoError: ``cli.platform.not_set_up``; ``signing.platform_away`` where the platform gave no answer.
    """

    def __init__(self) -> None:

        self.office = Office()
        self.platform = _platform(self.office.settings)

    def __enter__(self) -> "_Outside":
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:

        self.office.__exit__()
        if isinstance(error, PlatformAway):
            raise XuqiaoError("signing.platform_away", platform=error.params["platform"]) from None

    @property
    def signing(self) -> PlatformSigning:
        """Signings on it, put on record as the desk."""
        return PlatformSigning(self.office.desk, self.platform)

    def flow(self, flow: str) -> SigningFlow:
        """A signing as it is on record now."""
        with self.office.begin() as session:
            return signatures.the_flow(session, flow)


def _platform(settings: Settings) -> SimulatedPlatform:
    if settings.signing_platform is None:
        raise XuqiaoError("cli.platform.not_set_up")
    return SimulatedPlatform(settings.var / PLATFORM_FOLDER)


def _asked(parties: list[str], people: list[str], authorities: list[str]) -> list[Asked]:
    """Who is asked: each party with the person and the authority that stand at its place in the call."""
    if not len(parties) == len(people) == len(authorities):
        counts = {"parties": len(parties), "people": len(people), "authorities": len(authorities)}
        raise Misuse("cli.platform.one_each", **counts)
    if doubled := next((each for each in parties if parties.count(each) > 1), None):
        raise Misuse("cli.platform.asked_twice", party=doubled)
    for name, typed in (("--party", parties), ("--signatory", people), ("--authority", authorities)):
        if not all(each.strip() for each in typed):
            raise Misuse("cli.usage.empty", name=name)
    asked = zip(parties, people, authorities, strict=True)
    return [Asked(party=party.strip(), person=who.strip(), authority=by.strip()) for party, who, by in asked]
