"""Officers' acts at the command line, on cases that real workers carry: what is done, and what is refused."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from activities.workbook.applications import write_template
from models.cases.acts import OfficerActRow
from rulebook.money import yuan
from rulebook.stages import CaseStage
from tests.acceptance.fund.fund import TestedFund
from tests.builders import a_micro_manufacturer
from tests.cli.conftest import EXAMPLES, Ran

pytestmark = pytest.mark.asyncio(loop_scope="session")

Acting = Callable[..., Awaitable[Ran]]


async def promised(fund: TestedFund) -> str:
    """A case that the bank has promised to renew."""
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(12)))
    await fund.bank_promises(case)
    return case


async def test_a_case_goes_its_whole_way_by_single_commands(fund: TestedFund, acting: Acting) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(8)))
    letter: tuple[object, ...] = (
        "--rung",
        "approved",
        "--amount",
        "6000000",
        "--valid-until",
        fund.in_days(60),
        "--reference",
        "承1号",
    )
    letter += ("--signatory", "沈喆 副行长", "--authority", "10000000", "--as", "qian.jd")

    await acting("bank", "opinion", case, "--answer", "repay-then-lend", *letter)
    await fund.settle()
    proposed = await acting("case", "propose", case, "--amount", "5000000", "--as", "li.jing", "--json")
    assert (proposed.code, proposed.data["stage"], proposed.data["event"]) == (0, "approval", "proposed")

    unasked = await acting("case", "approve", case, "--as", "wang.he")
    assert (unasked.code, "5,000,000.00" in unasked.out, "--yes" in unasked.err) == (2, True, True)
    approved = await acting("case", "approve", case.lower(), "--as", "wang.he", "--yes")
    assert approved.code == 0
    assert "5,000,000.00" in approved.out, "the terms are shown, too"
    assert "当前阶段“协议签署”" in approved.out
    await fund.settle()
    signed = await acting(
        "case", "sign", case, "--on", fund.today, "--return-path-confirmed", "--as", "li.jing", "--json"
    )
    assert signed.data["stage"] == "disbursement"
    await fund.skip_to_release_day(case)
    released = await acting("case", "release", case, "--confirm-all", "--balance", "6000000", "--as", "zhao.na")
    assert released.code == 0
    await fund.settle()
    assert fund.paid_by_bank(case) == [yuan(5_000_000)]

    for message in (
        ("settled", "--on", fund.today, "--balance", "0", "--voucher", "HK1"),
        ("new-loan", "--on", fund.today, "--note", "JD2026-1", "--amount", "6000000"),
        ("receipt", "--on", fund.today, "--payer", "借款人", "--principal", f"5000000:{case}/1"),
    ):
        command, *rest = message
        assert (await acting("bank", command, case, *rest, "--as", "qian.jd")).code == 0
        await fund.settle()

    shown = (await acting("case", "show", case, "--json")).data
    assert shown["position"]["principal_returned_yuan"] == "5000000.00"
    assert shown["stage"] == fund.stage_of(case)
    assert [payment["state"] for payment in shown["payments"]] == ["paid"]
    assert shown["approval"]["maker_name"] == "李敬"
    assert {document["kind"] for document in shown["documents"]} >= {"tripartite_agreement", "transfer_instruction"}
    assert {act["state"] for act in shown["acts"]} == {"accepted"}
    page = await acting("case", "show", case)
    assert "三方协议" in page.out
    assert (await acting("books", "check", "--fund", fund.code)).code == 0


async def test_the_same_key_does_an_act_once_and_not_for_another_amount(fund: TestedFund, acting: Acting) -> None:
    case = await promised(fund)
    propose = ("case", "propose", case, "--as", "li.jing", "--key", "K1", "--json")

    first = await acting(*propose, "--amount", "5000000")
    same = await acting(*propose, "--amount", "5000000.00")
    other = await acting(*propose, "--amount", "4000000")

    assert (first.code, same.code) == (0, 0)
    assert same.data == first.data
    assert (other.code, other.error["code"], other.data["key"]) == (1, "act.key_conflict", "K1")
    shown = (await acting("case", "show", case, "--json")).data
    assert [approval["amount_yuan"] for approval in shown["approvals"]] == ["5000000.00"]
    assert [act["reason"]["code"] for act in shown["acts"] if act["reason"]] == ["act.key_conflict"]


async def test_a_fresh_key_is_told_so_that_the_act_can_be_sent_again(fund: TestedFund, acting: Acting) -> None:
    case = await promised(fund)
    first = await acting("case", "propose", case, "--amount", "5000000", "--as", "li.jing", "--json")
    key = first.data["key"]
    assert key in first.err
    again = await acting("case", "propose", case, "--amount", "5000000", "--as", "li.jing", "--json", "--key", key)
    assert again.data == first.data
    second = await acting("case", "propose", case, "--amount", "5000000", "--as", "li.jing", "--json")
    assert second.error["code"] == "act.proposal_waits"


async def test_nobody_checks_what_he_made(fund: TestedFund, acting: Acting) -> None:
    case = await promised(fund)
    await acting("case", "propose", case, "--amount", "5000000", "--as", "sun.shen")

    ran = await acting("case", "approve", case, "--as", "sun.shen", "--yes", "--json", "--lang", "en")

    assert (ran.code, ran.error["code"]) == (1, "act.same_person")
    assert "孙审" in ran.error["message"]
    assert fund.stage_of(case) is CaseStage.APPROVAL
    for refused in (
        ("reject", "--reason", "x", "--as", "sun.shen"),
        ("send-back", "--reason", "x", "--as", "sun.shen"),
    ):
        command, *rest = refused
        assert (await acting("case", command, case, *rest)).code == 1


async def test_other_terms_than_those_that_hold_are_not_approved(fund: TestedFund, acting: Acting) -> None:
    case = await promised(fund)
    nothing = await acting("case", "approve", case, "--as", "wang.he", "--json")
    assert (nothing.code, nothing.error["code"]) == (1, "act.nothing_proposed")
    assert nothing.data["terms"] is None
    await acting("case", "propose", case, "--amount", "5000000", "--as", "li.jing")

    ran = await acting("case", "approve", case, "--as", "wang.he", "--digest", "0" * 64, "--json")

    assert (ran.code, ran.error["code"]) == (1, "act.terms_changed")
    assert ran.error["params"]["current"] == ran.data["terms"]["terms_digest"]
    insisted = await acting(
        "case", "approve", case, "--as", "wang.he", "--digest", ran.data["terms"]["terms_digest"], "--json"
    )
    assert (insisted.code, insisted.data["stage"]) == (0, "agreement")


async def test_an_act_out_of_its_stage_or_part_is_refused_in_words(fund: TestedFund, acting: Acting) -> None:
    case = await promised(fund)
    early = await acting("case", "release", case, "--balance", "6000000", "--confirm-all", "--as", "zhao.na")
    assert early.code == 1
    assert "“放款核验”不能在“审批”阶段办理" in early.err
    other_part = await acting("case", "propose", case, "--amount", "5000000", "--as", "wang.he", "--json")
    assert (other_part.code, other_part.error["code"]) == (1, "person.not_in_role")
    nothing = await acting("case", "propose", case, "--amount", "-5", "--as", "li.jing", "--json")
    assert (nothing.code, nothing.error["code"]) == (1, "act.not_positive")
    too_much = await acting("case", "propose", case, "--amount", "6000000", "--as", "li.jing", "--lang", "en")
    assert too_much.code == 1
    assert "5,700,000.00" in too_much.err


async def test_an_act_on_an_unknown_case_stays_on_record(fund: TestedFund, acting: Acting) -> None:
    ran = await acting("case", "withdraw", "XX-2026-00001-8", "--reason", "x", "--as", "li.jing", "--json")
    assert (ran.code, ran.error["code"]) == (1, "act.unknown_case")
    with fund.services.sessions() as session:
        (row,) = session.exec(select(OfficerActRow).where(OfficerActRow.key == ran.data["key"]))
    assert (row.case_no, row.actor_id, row.state) == ("XX-2026-00001-8", "li.jing", "refused")


async def test_a_borrower_withdraws_and_the_case_ends(fund: TestedFund, acting: Acting) -> None:
    case = await promised(fund)
    ran = await acting("case", "withdraw", case, "--reason", "自筹资金已到位", "--as", "li.jing", "--json")
    assert (ran.code, ran.data["stage"]) == (0, "withdrawn")
    listed = (await acting("case", "list", "--fund", fund.code, "--stage", "撤回", "--json")).data
    assert [(each["case_no"], each["end_reason"], each["awaits"]) for each in listed] == [
        (case, "自筹资金已到位", None)
    ]
    assert "自筹资金已到位" in (await acting("case", "show", case)).out
    late = await acting("bank", "promise-withdrawn", case, "--reason", "x", "--as", "qian.jd", "--json")
    assert (late.code, late.error["code"]) == (1, "message.case_ended")


async def test_what_is_missing_on_the_release_day_is_named(fund: TestedFund, acting: Acting) -> None:
    case = await promised(fund)
    await fund.approve_bridge(case, yuan(5_000_000))
    await fund.settle()
    await fund.sign(case)
    await fund.skip_to_release_day(case)
    release = ("case", "release", case, "--balance", "6000000", "--as", "zhao.na", "--json")

    some = await acting(*release, "--confirm", "own-money-in", "--confirm", "还款账户未冻结")

    assert (some.code, some.error["code"]) == (1, "act.release_refused")
    body = (await acting("case", "show", case, "--json")).data["acts"][-1]["body"]
    assert body["confirmed"] == ["account_not_frozen", "own_money_in"]
    assert fund.paid_by_bank(case) == []
    assert json.dumps(some.data), "an answer is one document"


async def test_without_the_engine_an_act_says_so(
    fund: TestedFund, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await promised(fund)
    monkeypatch.setenv("XUQIAO_TEMPORAL__ADDRESS", "127.0.0.1:1")
    ran = await acting("case", "withdraw", case, "--reason", "x", "--as", "li.jing", "--json")
    assert (ran.code, ran.error["code"]) == (3, "cli.temporal_away")
    assert ran.data["key"]


async def test_a_fund_adopts_a_measure_and_two_people_move_a_case_to_it(
    fund: TestedFund, acting: Acting, tmp_path: Path
) -> None:
    case = await promised(fund)
    day = fund.today + timedelta(days=1)
    text = (EXAMPLES / "operator.toml").read_text(encoding="utf-8").replace("opinion = 3", "opinion = 4")
    (tmp_path / "next.toml").write_text(text, encoding="utf-8")
    adopt = ("funds", "adopt", fund.code, "--pack", "donghai/2025-08-17", "--overlay", tmp_path / "next.toml", "--json")

    not_his = await acting(*adopt, "--from", day, "--as", "li.jing")
    too_late = await acting(*adopt, "--from", fund.today, "--as", "wang.he")
    adopted = await acting(*adopt, "--from", day, "--as", "wang.he")
    twice = await acting(*adopt, "--from", day, "--as", "wang.he")

    assert (not_his.code, not_his.error["code"]) == (1, "person.not_in_role")
    assert (too_late.code, too_late.error["code"]) == (1, "fund.measure_in_past")
    assert (adopted.code, adopted.data["effective_from"]) == (0, day.isoformat())
    assert (twice.code, twice.error["code"]) == (1, "fund.measure_there")
    assert fund.case(case).measure_digest != adopted.data["digest"]

    move = ("--from", day, "--reason", "新办法更有利于企业", "--json")
    nowhere = ("--from", day + timedelta(days=1), "--reason", "x", "--json")
    unknown = await acting("case", "propose-measure", case, *nowhere, "--as", "li.jing")
    assert (unknown.code, unknown.error["code"]) == (1, "fund.no_measure_from")
    assert (await acting("case", "propose-measure", case, *move, "--as", "li.jing")).code == 0
    too_early = await acting("case", "approve-measure", case, *move, "--as", "wang.he")
    assert (too_early.code, too_early.error["code"]) == (1, "act.measure_not_begun")
    await fund.skip_to(day)
    moved = await acting("case", "approve-measure", case, *move, "--as", "wang.he")
    assert (moved.code, moved.data["event"]) == (0, "measure_changed")
    assert fund.case(case).measure_digest == adopted.data["digest"]
    assert "改用办法" in (await acting("case", "show", case)).out


async def test_45_a_date_is_corrected_by_command_and_the_page_says_both_days(fund: TestedFund, acting: Acting) -> None:
    case = await promised(fund)
    await fund.approve_bridge(case, yuan(5_000_000))
    await fund.settle()
    await fund.skip(days=1)
    await fund.sign(case)
    was, now = fund.today, fund.today - timedelta(days=1)
    asked = ("--of", "record_signing", "--was", was, "--now", now, "--json")
    unknown = await acting(
        "case", "propose-date", case, "--of", "promise", *asked[2:], "--reason", "x", "--as", "li.jing"
    )
    assert unknown.code == 2
    proposed = await acting("case", "propose-date", case, *asked, "--reason", "看错原件", "--as", "li.jing")
    assert (proposed.code, proposed.data["event"]) == (0, "date_proposed")
    offered = (await acting("case", "show", case)).out
    assert "批准更正日期" in offered.partition("暂不可办")[0]
    approved = await acting("case", "approve-date", case, *asked, "--as", "wang.he")
    assert (approved.code, approved.data["event"]) == (0, "date_corrected")
    shown = (await acting("case", "show", case)).out
    told = next(row for row in shown.splitlines() if "日期已更正" in row)
    for part in ("更正事项 协议签署日期", f"原记 {was}", f"更正为 {now}", "原因 看错原件", "提请人 李敬", "王核"):
        assert part in told, part


async def test_papers_that_nobody_waits_for_are_not_drawn_again(fund: TestedFund, acting: Acting) -> None:
    case = await promised(fund)
    refused = await acting("case", "draw-again", case, "--as", "li.jing", "--json")
    assert (refused.code, refused.error["code"]) == (1, "act.nothing_to_draw")
    assert "没有等待重新出具的文书" in refused.error["message"]
    assert fund.stage_of(case) is CaseStage.APPROVAL


async def test_15_a_corrected_workbook_is_proposed_and_approved_by_two_and_becomes_a_case_of_its_own(
    fund: TestedFund, acting: Acting, tmp_path: Path
) -> None:
    filed = a_micro_manufacturer(maturity=fund.in_days(12))
    case = await fund.apply(filed)
    file = tmp_path / "corrected.xlsx"
    corrected = filed.model_copy(update={"asked_fen": yuan(4_000_000), "own_contribution_fen": yuan(2_000_000)})
    write_template(file, [filed.model_copy(update={"bank": filed.bank, "bank_name": filed.bank})])
    same = await acting("case", "propose-correction", case, file, "--as", "li.jing", "--reason", "x", "--json")
    assert (same.code, same.error["code"]) == (1, "correction.nothing_differs")
    write_template(file, [corrected.model_copy(update={"bank_name": corrected.bank})])
    asked = (case, file, "--reason", "申请金额填写有误")

    proposed = await acting("case", "propose-correction", *asked, "--as", "li.jing")
    assert proposed.code == 0
    assert "申请金额（万元）：受理时为“500”，本行为“400”" in proposed.out
    told = await acting("import", file, "--fund", fund.code, "--as", "li.jing", "--json")
    assert (told.code, told.data["rows"][0]["reason"]["code"]) == (1, "case.correct_by_two")
    agreed = (*asked, "--yes")
    alone = await acting("case", "approve-correction", *agreed, "--as", "li.jing", "--json")
    assert (alone.code, alone.error["code"]) == (1, "person.not_in_role")
    approved = await acting("case", "approve-correction", *agreed, "--as", "wang.he", "--key", "K15-2", "--json")

    assert (approved.code, approved.data["stage"]) == (0, "withdrawn")
    anew = approved.data["opened"]
    await fund.settle()
    shown = (await acting("case", "show", anew, "--json")).data
    assert (shown["facts"]["asked_yuan"], shown["source"], shown["filed_by"]) == (
        "4000000.00",
        f"correction:{case}",
        "wang.he",
    )
    log = (await acting("case", "show", case)).out
    assert "提请更正申请" in log
    assert "500 → 400" in log
    again = await acting("case", "approve-correction", *agreed, "--as", "wang.he", "--key", "K15-2", "--json")
    assert (again.code, again.data["opened"]) == (0, anew), "the same key does nothing twice"


async def test_15_a_workbook_without_the_cases_loan_corrects_nothing(
    fund: TestedFund, acting: Acting, tmp_path: Path
) -> None:
    case = await fund.apply(a_micro_manufacturer(maturity=fund.in_days(12)))
    file = tmp_path / "other.xlsx"
    write_template(file, [a_micro_manufacturer(maturity=fund.in_days(12))])
    ran = await acting("case", "propose-correction", case, file, "--as", "li.jing", "--reason", "x", "--json")
    assert (ran.code, ran.error["code"]) == (1, "correction.no_row")


async def test_15_after_a_proposal_the_import_says_to_withdraw(
    fund: TestedFund, acting: Acting, tmp_path: Path
) -> None:
    filed = a_micro_manufacturer(maturity=fund.in_days(12))
    case = await fund.apply(filed)
    await fund.bank_promises(case)
    await fund.propose(case, yuan(5_000_000))
    file = tmp_path / "corrected.xlsx"
    write_template(file, [filed.model_copy(update={"bank_name": filed.bank, "employees": 13})])
    told = await acting("import", file, "--fund", fund.code, "--as", "li.jing", "--json")
    assert told.data["rows"][0]["reason"]["code"] == "case.correct_by_withdrawal"
    refused = await acting("case", "propose-correction", case, file, "--as", "li.jing", "--reason", "x", "--json")
    assert refused.error["code"] == "act.correction_too_late"
