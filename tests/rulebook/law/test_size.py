"""Size classes at every bound of the rule, typed again from its table: employees, revenue and assets in 万元."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulebook.cases import SizeClass
from rulebook.errors import XuqiaoError
from rulebook.law.size import industry_of, size_class

FEN_PER_WAN = 1_000_000
L, M, S, X = SizeClass.LARGE, SizeClass.MEDIUM, SizeClass.SMALL, SizeClass.MICRO

TABLE = """
A01 0331 A     R 20000/500/50
B06 C1811 D46 13 4400  E 1000/300/20   R 40000/2000/300
E47 4890 50    R 80000/6000/300  A 80000/5000/300
F51 5169       E 200/20/5        R 40000/5000/1000
F52 5211       E 300/50/10       R 20000/500/100
54 55 G56 57 58 E 1000/300/20    R 30000/3000/200
59 G5910       E 200/100/20      R 30000/1000/100
60 6010        E 1000/300/20     R 30000/2000/100
61             E 300/100/10      R 10000/2000/100
H62            E 300/100/10      R 10000/2000/100
63 64 I6420    E 2000/100/10     R 100000/1000/100
65 I6513       E 300/100/10      R 10000/1000/50
7010 K701      R 200000/1000/100 A 10000/5000/2000
7020 702       E 1000/300/100    R 5000/1000/500
L 71 L7261     E 300/100/10      A 120000/8000/100
M N76 79 82 Q85 8890 R 7030 7090 E 300/100/10
"""


class Metric(NamedTuple):
    industry: str
    asked: dict[str, list[int]]
    name: str


def table() -> list[Metric]:
    found = []
    for line in TABLE.strip().splitlines():
        words = line.split()
        bounded = [at for at, word in enumerate(words) if "/" in word]
        asked = {words[at - 1]: [int(bound) for bound in words[at].split("/")] for at in bounded}
        codes = words[: bounded[0] - 1]
        found += [Metric(code, asked, name) for code in codes for name in asked]
    return found


def sized(industry: str, **metrics: int) -> SizeClass:
    """Metrics in persons and fen."""
    return size_class(industry, metrics.get("E"), metrics.get("R"), metrics.get("A")).size


@pytest.mark.parametrize("metric", table(), ids=lambda metric: f"{metric.industry}-{metric.name}")
def test_every_bound_is_included_and_one_below_is_the_class_beneath(metric: Metric) -> None:
    unit = {name: 1 if name == "E" else FEN_PER_WAN for name in metric.asked}
    others = {name: bounds[0] * unit[name] for name, bounds in metric.asked.items()}
    for bound, reached, beneath in zip(metric.asked[metric.name], (L, M, S), (M, S, X), strict=True):
        at = bound * unit[metric.name]
        assert sized(metric.industry, **others | {metric.name: at}) is reached
        assert sized(metric.industry, **others | {metric.name: at - 1}) is beneath


@pytest.mark.parametrize("metric", table(), ids=lambda metric: f"{metric.industry}-{metric.name}")
def test_a_missing_metric_is_never_guessed_and_the_reason_says_which(metric: Metric) -> None:
    others = {name: 10**12 for name in metric.asked if name != metric.name}
    sizing = size_class(metric.industry, others.get("E"), others.get("R"), others.get("A"))
    missing = {"E": "sizing.employees_missing", "R": "sizing.revenue_missing", "A": "sizing.assets_missing"}
    assert (sizing.size, sizing.because) == (SizeClass.UNCLASSIFIED, (missing[metric.name],))


@given(st.sampled_from(table()), st.integers(0, 3000), st.integers(0, 3 * 10**11), st.integers(0, 3 * 10**11))
def test_the_class_is_the_worst_of_the_metrics(metric: Metric, employees: int, revenue: int, assets: int) -> None:
    given_ = {"E": employees, "R": revenue, "A": assets}
    ascending = [X, S, M, L]
    alone = []
    for name, bounds in metric.asked.items():
        unit = 1 if name == "E" else FEN_PER_WAN
        alone.append(sum(given_[name] >= bound * unit for bound in bounds))
    assert sized(metric.industry, **given_) is ascending[min(alone)]


@given(
    st.sampled_from(table()), st.integers(0, 3000), st.integers(0, 3 * 10**11), st.integers(0, 3 * 10**11), st.data()
)
def test_a_metric_that_grows_never_makes_a_firm_smaller(
    metric: Metric, employees: int, revenue: int, assets: int, data: st.DataObject
) -> None:
    given_ = {"E": employees, "R": revenue, "A": assets}
    grown = given_ | {metric.name: given_[metric.name] + data.draw(st.integers(0, 10**11))}
    ascending = [X, S, M, L]
    before, after = sized(metric.industry, **given_), sized(metric.industry, **grown)
    assert ascending.index(before) <= ascending.index(after)


@pytest.mark.parametrize("industry", ["66", "J6920", "J", "83", "P8310", "53", "G5320", "91", "S", "97", "704", "7040"])
def test_industries_the_rule_does_not_reach_stay_unclassified(industry: str) -> None:
    sizing = size_class(industry, 10, FEN_PER_WAN, FEN_PER_WAN)
    assert (sizing.size, sizing.because) == (SizeClass.UNCLASSIFIED, ("sizing.industry_not_covered",))


@pytest.mark.parametrize("industry", ["F", "G", "H", "I", "K", "70", "K70"])
def test_a_code_too_wide_to_choose_a_line_stays_unclassified(industry: str) -> None:
    assert size_class(industry, 10, FEN_PER_WAN, FEN_PER_WAN).because == ("sizing.industry_too_wide",)


@pytest.mark.parametrize(
    "industry",
    ["", " ", "00", "98", "1", "C51", "A1711", "U01", "12345", "C1711X", "XC17", "CC", "制造业", "１７"],
)
def test_codes_that_do_not_exist_are_refused(industry: str) -> None:
    assert_refused(industry)


@pytest.mark.parametrize("industry", ["705", "K708", "7011", "7099", "K7043", "700", "7000"])
def test_groups_that_real_estate_does_not_have_are_refused(industry: str) -> None:
    assert_refused(industry)


def assert_refused(industry: str) -> None:
    with pytest.raises(XuqiaoError) as refused:
        size_class(industry, 10, FEN_PER_WAN, FEN_PER_WAN)
    assert (refused.value.code, refused.value.params) == ("sizing.no_such_industry", {"industry": industry})


def test_letters_and_spaces_do_not_matter() -> None:
    assert {sized(code, E=300, R=2000 * FEN_PER_WAN) for code in ("C1711", "c1711", " 1711 ", "17", "C17", "171")} == {
        M
    }


@pytest.mark.parametrize("name", ["employees", "revenue_fen", "assets_fen"])
def test_a_negative_metric_is_refused_and_zero_is_none(name: str) -> None:
    metrics = {"employees": 1, "revenue_fen": 1, "assets_fen": 1}
    with pytest.raises(XuqiaoError) as refused:
        size_class("17", **metrics | {name: -1})
    assert (refused.value.code, refused.value.params) == ("sizing.negative_metric", {"name": name, "value": "-1"})
    assert size_class("17", **metrics | {name: 0}).size is X


def test_a_code_is_taken_apart_into_section_and_digits() -> None:
    assert [industry_of(code) for code in ("c", "17", " K7010 ", "a0511")] == [
        ("C", ""), ("C", "17"), ("K", "7010"), ("A", "0511")
    ]  # fmt: skip
    assert {industry_of(f"{division:02d}").section for division in range(1, 98)} == set("ABCDEFGHIJKLMNOPQRST")


def test_the_known_faults_of_other_implementations() -> None:
    assert sized("59", E=150, R=2000 * FEN_PER_WAN) is M  # storage: their medium branch cannot be reached
    assert sized("63", E=5000, R=50_000 * FEN_PER_WAN) is M  # telecoms between 1 and 10 亿 fell through
    assert sized("7020", E=300, R=1000 * FEN_PER_WAN) is M  # property management with <= instead of <
    assert sized("72", E=10, A=100 * FEN_PER_WAN) is S  # leasing and business services likewise


def test_the_reasons_name_the_class_of_each_metric() -> None:
    sizing = size_class("C1711", 86, 50_000 * FEN_PER_WAN, None)
    assert (sizing.size, sizing.because) == (S, ("sizing.employees_small", "sizing.revenue_large"))
