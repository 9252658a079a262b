"""The most that may be bridged, what bounds it, and what that rests on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.cases import ApplicantKind
from rulebook.errors import XuqiaoError
from rulebook.findings import Result
from rulebook.law.ceiling import Bound, Cap, cap_of, ceiling, ceiling_of
from rulebook.law.eligibility import judge_bridge
from rulebook.law.measure import Measure
from rulebook.money import yuan
from tests.rulebook.law.amending import ARTICLE, LAW, OPERATOR, amended, only
from tests.rulebook.samples import CALENDAR, TODAY, a_promise, donghai, some_facts

FIRM = ApplicantKind.FIRM
MONEY = st.integers(0, 10**13)
OWN_FUNDS: dict[str, int] = {"bridge.maturing_ratio": 850_000}
LISTED: dict[str, int] = {"bridge.cap_listed_firm": yuan(20_000_000)}


def most(promised: int, maturing: int, measure: Measure, listed: bool = False) -> tuple[int, Bound, str]:
    found = ceiling(FIRM, yuan(promised), yuan(maturing), measure, listed=listed)
    return found.amount_fen, found.bound_by, found.citation


def test_each_bound_can_be_the_lowest_and_is_cited() -> None:
    measure = amended(OWN_FUNDS)
    assert most(99_000_000, 99_000_000, measure) == (yuan(10_000_000), Bound.CAP, LAW)
    assert most(1_000_000, 99_000_000, measure) == (yuan(950_000), Bound.PROMISE, LAW)
    assert most(99_000_000, 1_000_000, measure) == (yuan(850_000), Bound.OWN_FUNDS, ARTICLE)
    assert most(99_000_000, 1_000_000, donghai()) == (yuan(1_000_000), Bound.MATURING, OPERATOR)


def test_of_equal_bounds_the_first_is_named() -> None:
    assert most(99_000_000, 10_000_000, donghai())[1] is Bound.CAP
    assert most(20_000, 19_000, donghai())[1] is Bound.PROMISE
    assert most(0, 0, amended(OWN_FUNDS))[1] is Bound.PROMISE
    assert most(99_000_000, 100, amended({"bridge.maturing_ratio": 1_000_000}))[1] is Bound.OWN_FUNDS


def test_a_fraction_of_a_fen_is_dropped() -> None:
    assert ceiling(FIRM, 10**9, 119, amended(OWN_FUNDS)).amount_fen == 101
    assert ceiling(FIRM, 119, 10**9, donghai()).amount_fen == 113


def test_a_listed_firm_has_a_cap_of_its_own_where_the_measure_names_one() -> None:
    assert most(99_000_000, 99_000_000, amended(LISTED), listed=True) == (yuan(20_000_000), Bound.CAP, ARTICLE)
    assert most(99_000_000, 99_000_000, amended(LISTED)) == (yuan(10_000_000), Bound.CAP, LAW)
    assert most(99_000_000, 99_000_000, donghai(), listed=True) == (yuan(10_000_000), Bound.CAP, LAW)
    owner = ceiling(ApplicantKind.OWNER, yuan(99_000_000), yuan(99_000_000), amended(LISTED), listed=True)
    assert (owner.amount_fen, owner.citation) == (yuan(5_000_000), LAW)


def test_a_firm_on_the_measures_list_has_a_cap_of_its_own() -> None:
    on_list = amended({"bridge.cap_on_list": yuan(30_000_000)})
    amounts = yuan(99_000_000), yuan(99_000_000)
    assert ceiling(FIRM, *amounts, on_list, on_list=True).amount_fen == yuan(30_000_000)
    assert ceiling(FIRM, *amounts, on_list, listed=True).amount_fen == yuan(10_000_000)
    assert ceiling(ApplicantKind.OWNER, *amounts, on_list, on_list=True).amount_fen == yuan(5_000_000)
    both = amended({**LISTED, "bridge.cap_on_list": yuan(30_000_000)})
    assert ceiling(FIRM, *amounts, both, listed=True, on_list=True).amount_fen == yuan(30_000_000)
    assert ceiling(FIRM, *amounts, both, listed=True).amount_fen == yuan(20_000_000)
    assert ceiling(FIRM, *amounts, both).amount_fen == yuan(10_000_000)
    assert cap_of(FIRM, both) == Cap(yuan(10_000_000), "bridge.cap_firm")


def test_a_farmer_of_whom_no_more_is_known_has_the_lower_cap_of_what_it_may_be() -> None:
    farmers = amended({"applicant.kinds": tuple(ApplicantKind), "bridge.cap_agricultural_by_kind": True})
    most = ceiling(ApplicantKind.AGRICULTURAL, yuan(99_000_000), yuan(99_000_000), farmers)
    assert (most.amount_fen, most.citation) == (yuan(2_000_000), LAW)
    assert "bridge.cap_agricultural" not in farmers.unset()
    nobody_else = amended({"applicant.kinds": ("agricultural",), "bridge.cap_agricultural_by_kind": True})
    assert cap_of(ApplicantKind.AGRICULTURAL, nobody_else) is None
    not_admitted = amended({"applicant.kinds": ("firm",), "bridge.cap_agricultural_by_kind": True})
    assert cap_of(ApplicantKind.AGRICULTURAL, not_admitted) is None
    assert "bridge.cap_agricultural" in amended({"applicant.kinds": tuple(ApplicantKind)}).unset()


def test_the_bridge_of_a_listed_firm_is_judged_by_it() -> None:
    big = {"loan__balance_fen": yuan(40_000_000), "asked_fen": yuan(20_000_000)}
    promise = a_promise(amount_fen=yuan(40_000_000), authority_fen=yuan(40_000_000))
    for listed, result in ((True, Result.PASS), (False, Result.FAIL), (None, Result.FAIL)):
        facts = some_facts(**big, applicant__listed=listed)
        findings = judge_bridge(facts, promise, yuan(20_000_000), amended(LISTED), CALENDAR, TODAY)
        assert findings.result is result
        assert listed or only(findings)[0] == "bridging.over_ceiling"


@given(MONEY, MONEY, MONEY, st.sampled_from(list(ApplicantKind)[:3]), st.booleans())
def test_more_promise_or_more_maturing_never_lowers_it(
    promised: int, maturing: int, more: int, kind: ApplicantKind, listed: bool
) -> None:
    measure = amended(OWN_FUNDS | LISTED)
    here = ceiling(kind, promised, maturing, measure, listed=listed)
    cap = measure.cap_fen(kind)
    assert cap is not None
    assert 0 <= here.amount_fen <= min(max(cap, yuan(20_000_000)), promised, maturing)
    assert ceiling(kind, promised + more, maturing, measure, listed=listed).amount_fen >= here.amount_fen
    assert ceiling(kind, promised, maturing + more, measure, listed=listed).amount_fen >= here.amount_fen


@pytest.mark.parametrize(("promised", "maturing"), [(-1, 1), (1, -1)])
def test_negative_money_is_refused(promised: int, maturing: int) -> None:
    with pytest.raises(XuqiaoError) as refused:
        ceiling(FIRM, promised, maturing, donghai())
    assert refused.value.code == "ceiling.negative"
    assert set(refused.value.params.values()) == {"-0.01", "0.01"}


def test_a_kind_that_is_not_admitted_has_no_ceiling() -> None:
    with pytest.raises(XuqiaoError) as refused:
        ceiling(FIRM, 1, 1, amended({"applicant.kinds": ("owner",)}))
    assert (refused.value.code, refused.value.params) == ("ceiling.not_admitted", {"kind": "firm", "citation": ARTICLE})


@pytest.mark.parametrize("provision", ["bridge.cap_firm", "bridge.promise_ratio", "applicant.kinds"])
def test_a_draft_that_lacks_a_bound_says_which(provision: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        ceiling(FIRM, 1, 1, amended({provision: None}))
    assert (refused.value.code, refused.value.params["names"]) == ("pack.unset", provision)


def test_what_falls_due_bounds_a_bridge_even_where_a_draft_leaves_open_what_it_covers() -> None:
    draft = amended({"bridge.covers": None})
    assert most(99_000_000, 1_000_000, draft) == (yuan(1_000_000), Bound.MATURING, draft.document)
    assert most(1_000_000, 99_000_000, draft) == (yuan(950_000), Bound.PROMISE, LAW)


@pytest.mark.parametrize(("promised", "maturing"), [(-1, 10**9), (10**9, -1)])
def test_a_case_whose_promise_or_balance_is_below_nothing_is_bridged_with_nothing(promised: int, maturing: int) -> None:
    facts = some_facts(loan__balance_fen=maturing)
    assert (
        ceiling_of(facts, a_promise(amount_fen=promised), amended({"bridge.promise_ratio": 1_000_000})).amount_fen == 0
    )


def test_a_case_of_a_kind_that_is_not_admitted_is_told_its_kind() -> None:
    with pytest.raises(XuqiaoError) as refused:
        ceiling_of(some_facts(), a_promise(), amended({"applicant.kinds": ("owner",)}))
    assert (refused.value.code, refused.value.params) == ("ceiling.not_admitted", {"kind": "firm", "citation": ARTICLE})
