"""From intake until the papers are signed: judged, asked about, promised, approved, reserved and agreed."""

from temporalio import workflow

from activities import contracts
from rulebook import acts, queue
from rulebook.acts import ALWAYS_HEARD, HEARD_UNTIL_DRAWN, PROMISES
from rulebook.bridges import Bridge
from rulebook.calendar import LAW_ZONE
from rulebook.cases import Promise, Route
from rulebook.events import EventKind
from rulebook.findings import Result
from rulebook.law import eligibility
from rulebook.law.ceiling import ceiling_of
from rulebook.messages import (
    Approve,
    DecideReferral,
    DrawAgain,
    OfficerAct,
    Opinion,
    PromiseGiven,
    PromiseWithdrawn,
    Propose,
    PutFirst,
    RecordSigning,
    Reject,
    SendBack,
    body_hash,
    digest_of,
)
from rulebook.money import format_yuan
from rulebook.stages import ActKind, CaseStage, EndReason, MessageKind
from workflows.before_money import (
    ApprovalVoid,
    BeforeMoney,
    CaseOver,
    Change,
    TemplatesChanged,
    told_of,
)
from workflows.case import Wait
from workflows.measure_change import MeasureChanged
from workflows.policies import Queue


class Arrangement(BeforeMoney):
    """The part of a renewal in which nothing has been paid and everything can still end quietly."""

    _template_digest: str

    def __init__(self, case_no: str, fund: str, queues: str, stage: CaseStage) -> None:
        super().__init__(case_no, fund, queues, stage)
        self._checker = ""
        self._attempt = 0
        self._in_flight = False
        self._sent_by = ""
        self._found_by = ""

    # Intake and eligibility -------------------------------------------------------------------------------------

    async def _open(self) -> None:
        """Facts, law and calendar come in by value, once; the last call is the close of the release day."""
        opened = await self._do(
            contracts.open_case, contracts.OpenCase(case_no=self._case_no, fund=self._fund, at=workflow.now())
        )
        self._facts, self._measure, self._calendar = opened.facts, opened.measure, opened.calendar
        self._template_digest = opened.template_digest
        self._last_call = self._close_of(self._calendar.workday_before(self._facts.loan.maturity))

    async def _judge_applicant(self) -> None:
        """A fail ends the case; what a rule refers, a person decides with his reason."""
        self._findings = eligibility.judge_applicant(self._facts, self._measure, self._today)
        if self._findings.result is Result.FAIL:
            raise CaseOver(CaseStage.REFUSED, EndReason.NOT_ELIGIBLE, self._findings)
        if self._findings.result is Result.PASS:
            return
        wait = self._open_wait(ActKind.DECIDE_REFERRAL, self._measure.deadlines.referral)
        step = self._step(EventKind.REFERRED, stage=CaseStage.ELIGIBILITY, wait=wait)
        await self._commit(contracts.refer_case, contracts.RecordFindings(step=step, findings=self._findings), step)
        decision = (await self._before_money(wait)).body
        assert isinstance(decision, DecideReferral)
        if not decision.go_on:
            raise CaseOver(CaseStage.REFUSED, decision.reason, self._findings)

    # The bank's opinion and promise -----------------------------------------------------------------------------

    async def _bank_opinion(self, once_more: bool = False) -> Opinion:
        """Ask the bank what it can do; its answer decides the route, and ends the case where there is none."""
        wait = self._open_wait(MessageKind.OPINION, self._measure.deadlines.opinion)
        event = EventKind.DIRECT_RENEWAL_MISSED if once_more else EventKind.BANK_ASKED
        step = self._step(event, stage=CaseStage.BANK_OPINION, wait=wait)
        direct = eligibility.judge_direct(self._facts, self._today)
        asked = contracts.RecordFindings(step=step, findings=self._findings, direct=direct)
        await self._commit(contracts.ask_bank_opinion, asked, step)
        opinion = (await self._before_money(wait, only={MessageKind.OPINION})).body
        assert isinstance(opinion, Opinion)
        self._answer = opinion.answer
        if opinion.answer.route is Route.NONE:
            raise CaseOver(CaseStage.REFUSED, EndReason.BANK_WILL_NOT_RENEW)
        if opinion.answer.route is Route.DIRECT and once_more:
            raise CaseOver(CaseStage.LAPSED, EndReason.DIRECT_RENEWAL_NOT_SIGNED)
        return opinion

    async def _firm_promise(self, change: Opinion | Change) -> None:
        """Follow the ladder until the bank's promise has reached the rung the pack asks for."""
        void = self._attempt if self._proposal else None
        while True:
            promise = self._promise_after(change)
            measure = change.measure if isinstance(change, MeasureChanged) else self._measure
            firm = promise is not None and promise.rung.height >= measure.rung_before_release.height
            wait = (
                self._open_wait(ActKind.PROPOSE, self._measure.deadlines.approval)
                if firm
                else self._open_wait(MessageKind.PROMISE, self._measure.deadlines.promise)
            )
            stage = CaseStage.APPROVAL if firm else CaseStage.BANK_OPINION
            if isinstance(change, MeasureChanged):
                await self._change_measure(change, stage, wait, void)
            else:
                await self._record_promise(change, promise, stage, wait, void)
            self._promise, self._proposal = promise, None
            if isinstance(change, TemplatesChanged):
                self._template_digest = change.digest
            if firm:
                return
            void = None
            message = await self._before_money(wait, only=PROMISES)
            assert isinstance(message.body, PromiseGiven | PromiseWithdrawn)
            change = message.body

    def _promise_after(self, change: Opinion | Change) -> Promise | None:
        """The bank's promise as it stands: another law or other templates do not touch it."""
        match change:
            case MeasureChanged() | TemplatesChanged():
                return self._promise
            case PromiseWithdrawn():
                return None
            case _:
                return change.promise

    async def _record_promise(
        self,
        change: Opinion | PromiseGiven | PromiseWithdrawn | TemplatesChanged,
        promise: Promise | None,
        stage: CaseStage,
        wait: Wait,
        void: int | None,
    ) -> None:
        step = self._step(_event_of(change), stage=stage, wait=wait, told=told_of(promise))
        answer = change.answer if isinstance(change, Opinion) else None
        request = contracts.RecordPromise(
            step=step,
            answer=answer,
            route=answer.route if answer else None,
            promise=None if isinstance(change, TemplatesChanged) else promise,
            void_attempt=void,
        )
        await self._commit(contracts.record_promise, request, step)

    # Approval, queue and agreement ------------------------------------------------------------------------------

    async def _approve_and_reserve(self) -> None:
        """The maker proposes, another person approves, and the money is held, or queued for."""
        wait = self._open_wait(ActKind.PROPOSE, self._measure.deadlines.approval)
        while True:
            act = await self._before_money(wait)
            assert isinstance(act, OfficerAct)
            match act.body:
                case Propose() as proposal:
                    wait = wait._replace(awaits=ActKind.APPROVE)
                    await self._put_before_checker(act, proposal, wait)
                case SendBack() as back:
                    wait = wait._replace(awaits=ActKind.PROPOSE)
                    step = self._step(EventKind.SENT_BACK, wait=wait, reason=back.reason)
                    sent_back = contracts.SendProposalBack(step=step, attempt=self._attempt)
                    self._proposal = None
                    await self._commit(contracts.send_proposal_back, sent_back, step)
                case Reject() as rejection:
                    raise CaseOver(CaseStage.REFUSED, rejection.reason)
                case Approve():
                    return await self._reserve(act)

    async def _put_before_checker(self, act: OfficerAct, proposal: Propose, wait: Wait) -> None:
        assert self._promise is not None
        self._attempt += 1
        most = ceiling_of(self._facts, self._promise, self._measure)
        terms = self._terms_digest(proposal.amount_fen)
        self._proposal = acts.Proposal(proposal.amount_fen, act.actor.id, terms)
        step = self._step(EventKind.PROPOSED, wait=wait, amount=format_yuan(proposal.amount_fen))
        request = contracts.RecordProposal(
            step=step,
            attempt=self._attempt,
            amount_fen=proposal.amount_fen,
            ceiling_fen=most.amount_fen,
            bound_by=most.bound_by,
            terms_digest=terms,
            findings=eligibility.judge_bridge(
                self._facts, self._promise, proposal.amount_fen, self._measure, self._calendar, self._today
            ),
        )
        await self._commit(contracts.record_proposal, request, step)

    async def _reserve(self, act: OfficerAct) -> None:
        """Hold the money; where the pool is short, wait in the queue for what comes back."""
        assert self._proposal is not None
        self._checker = act.actor.id
        signing = self._open_wait(ActKind.RECORD_SIGNING, self._measure.deadlines.signing)
        queued = self._open_wait(None, self._measure.deadlines.queue)
        queued = queued._replace(last_call=queued.due)
        assert isinstance(act.body, Approve)
        told = {"amount": format_yuan(self._proposal.amount_fen)}
        if act.body.minutes:
            told["minutes"] = act.body.minutes
        reserved = self._step(EventKind.APPROVED_AND_RESERVED, stage=CaseStage.AGREEMENT, wait=signing, told=told)
        short = reserved.model_copy(
            update={
                "event": EventKind.APPROVED_AND_QUEUED,
                "stage": CaseStage.QUEUED,
                "awaits": queued.awaits,
                "due": queued.due,
            }
        )
        place = queue.rank(self._facts, self._measure, workflow.now())
        request = contracts.ApproveAndReserve(
            step=reserved,
            step_if_short=short,
            attempt=self._attempt,
            amount_fen=self._proposal.amount_fen,
            terms_digest=self._proposal.terms_digest,
            rank=place.key,
            rank_reason=place.reason,
            overtaking=self._measure.overtaking,
        )
        reservation = await self._commit(
            contracts.approve_and_reserve, request, lambda r: reserved if r.granted else short, queue=Queue.MONEY
        )
        if not reservation.granted:
            await self._wait_for_the_pool(queued)

    async def _wait_for_the_pool(self, wait: Wait) -> None:
        def granted() -> bool:
            return self._attempt in self._desk.granted

        while not granted():
            act = await self._before_money_or(granted, wait)
            if act is not None and isinstance(act.body, PutFirst):
                step = self._step(EventKind.PUT_FIRST, wait=wait, reason=act.body.reason)
                request = contracts.PutCaseFirst(step=step, attempt=self._attempt)
                await self._commit(contracts.put_first, request, step, queue=Queue.MONEY)
        signing = self._open_wait(ActKind.RECORD_SIGNING, self._measure.deadlines.signing)
        step = self._step(
            EventKind.POOL_GRANTED, stage=CaseStage.AGREEMENT, wait=signing, cause=f"pool_granted/{self._attempt}"
        )
        await self._commit(contracts.record_pool_grant, step, step)

    async def _sign(self) -> None:
        """All papers before payment; all parties sign, and the closed return path is confirmed."""
        cause = f"papers/{self._attempt}"
        papers = await self._draw(
            contracts.draw_up_papers, self._papers_before_payment, cause, self._mended_in_time, self._last_call
        )
        assert papers.step.due is not None
        signing = await self._before_money(Wait(ActKind.RECORD_SIGNING, papers.step.due, self._last_call))
        assert isinstance(signing.body, RecordSigning)
        signed = self._step(
            EventKind.SIGNED, stage=CaseStage.DISBURSEMENT, wait=self._release_wait(), on=signing.body.signed_on
        )
        await self._commit(contracts.record_signing, signed, signed)

    def _papers_before_payment(self, cause: str | None) -> contracts.DrawUpPapers:
        assert self._proposal is not None
        wait = self._open_wait(ActKind.RECORD_SIGNING, self._measure.deadlines.signing)
        release_on = self._last_call.astimezone(LAW_ZONE).date()
        due_on = self._measure.due_on(release_on, self._calendar)
        expected = Bridge(amount_fen=self._proposal.amount_fen, paid_on=release_on, due_on=due_on)
        tariff = self._measure.tariff(self._calendar)
        return contracts.DrawUpPapers(
            step=self._step(EventKind.PAPERS_DRAWN_UP, wait=wait, cause=cause),
            attempt=self._attempt,
            release_on=release_on,
            days=expected.days(due_on, tariff),
            fee_fen=expected.fee_fen(due_on, tariff),
            template_digest=self._template_digest,
        )

    async def _mended_in_time(self, wait: Wait) -> None:
        """Until somebody asks for the papers again, or it is time to try; whatever ends a case is heard meanwhile.

        Raises:
            ApprovalVoid: the papers shall be drawn from other templates than those that were approved.
        """
        try:
            act = await self._before_money(wait, only=HEARD_UNTIL_DRAWN[EventKind.PAPERS_DRAWN_UP] - ALWAYS_HEARD)
        except CaseOver as over:
            if over.end is CaseStage.LAPSED and workflow.now() < self._last_call:
                return  # only this wait is over
            raise
        if isinstance(act.body, DrawAgain) and act.body.new_templates:
            digest = await self._do(contracts.read_templates, contracts.ReadTemplates(case_no=self._case_no))
            if digest != self._template_digest:
                raise ApprovalVoid(TemplatesChanged(digest))

    def _release_wait(self) -> Wait:
        """The money leaves on the last working day before maturity, before the payment system's cut-off."""
        return Wait(ActKind.RELEASE, self._last_call, self._last_call)

    # What is judged and what an approval binds ------------------------------------------------------------------

    def _check(self, act: OfficerAct) -> None:
        acts.check(
            act,
            acts.Standing(
                today=self._today,
                facts=self._facts,
                measure=self._measure,
                calendar=self._calendar,
                promise=self._promise,
                proposal=self._proposal,
                checker=self._checker,
                in_flight=self._in_flight,
                sent_by=self._sent_by,
                bridge_out=self._bridge is not None,
                found_by=self._found_by,
                measure_proposed=self._measure_proposed,
            ),
        )

    def _terms_digest(self, amount_fen: int) -> str:
        """What an approval binds: if anything in it changes, the approval is void."""
        assert self._promise is not None
        return digest_of(
            {
                "fund": self._fund,
                "case": self._case_no,
                "facts": body_hash(self._facts),
                "attempt": self._attempt,
                "amount_fen": amount_fen,
                "payee": self._facts.payee_digest,
                "promise": digest_of(self._promise.terms),
                "measure": self._measure.digest,
                "templates": self._template_digest,
            }
        )


def _event_of(change: Opinion | PromiseGiven | PromiseWithdrawn | TemplatesChanged) -> EventKind:
    match change:
        case Opinion():
            return EventKind.BANK_ANSWERED
        case PromiseGiven():
            return EventKind.PROMISE_RECORDED
        case PromiseWithdrawn():
            return EventKind.PROMISE_WITHDRAWN
        case TemplatesChanged():
            return EventKind.TEMPLATES_CHANGED
