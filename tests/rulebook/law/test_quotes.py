"""What a bridge would cost, asked of drafts and of completed measures."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from activities.law.measures import draft
from rulebook.calendar import WorkCalendar
from rulebook.errors import XuqiaoError
from rulebook.law.fees import FeeKind
from rulebook.law.measure import Measure
from rulebook.law.pack_text import draft_measure
from rulebook.law.quotes import Quote, quote
from rulebook.money import yuan
from tests.rulebook.samples import OVERLAY, PACK, donghai

COUNTING = ("fee.counted", "fee.first_day_counts", "fee.last_day_counts")
MONDAY = date(2026, 3, 2)
CALENDAR = WorkCalendar(
    first=date(2026, 1, 1),
    last=date(2026, 12, 31),
    version="test",
    official_through=date(2026, 12, 31),
    weekdays_off=(),
    weekend_worked=(),
)


def donghai_with(fee: str, **sections: str) -> Measure:
    """Donghai completed, with more in the section on the fee and sections of its own."""
    overlay = OVERLAY.read_text(encoding="utf-8").replace("[fee]\n", f"[fee]\n{fee}\n")
    overlay += "".join(f"\n[{name}]\n{text}\n" for name, text in sections.items())
    return draft_measure(PACK.read_text(encoding="utf-8"), overlay)


def kinds(found: Quote) -> list[tuple[int, int, str]]:
    return [(line.from_day, line.through_day, line.kind.value) for line in found.lines]


def test_donghai_for_eight_days() -> None:
    found = quote(donghai(), yuan(10_000_000), 8)

    assert (found.fee_fen, found.days) == (yuan(22_000), 8)
    assert [line.fee_fen for line in found.lines] == [yuan(10_000), yuan(12_000)]
    assert (found.prepaid_fen, found.refund_fen, found.due_fen) == (None, None, None)
    assert found.annualised == Fraction(22_000 * 365, 10_000_000 * 8)
    assert (found.citation, found.assumed) == ("东政规发〔2025〕5号", ())


def test_a_draft_says_which_day_count_was_assumed() -> None:
    assert quote(draft("donghai/2025-08-17"), yuan(1), 1).assumed == COUNTING


def test_fuding_is_prepaid_and_trued_up() -> None:
    found = quote(draft("fuding/undated"), yuan(3_000_000), 3)

    assert (found.fee_fen, found.prepaid_fen, found.refund_fen, found.due_fen) == (
        yuan(5_000),
        yuan(7_500),
        yuan(2_500),
        0,
    )
    assert kinds(found) == [(1, 3, "tier"), (1, 3, "minimum")]
    longer = quote(draft("fuding/undated"), yuan(3_000_000), 6)
    assert (longer.fee_fen, longer.refund_fen, longer.due_fen) == (yuan(9_000), 0, yuan(1_500))


@pytest.mark.parametrize(
    ("start", "days"), [("2022-03-01", 122), ("2022-06-30", 1), ("2022-04-01", 5)], ids=["all", "last", "some"]
)
def test_yangzhou_costs_nothing_while_it_is_waived(start: str, days: int) -> None:
    found = quote(draft("yangzhou/2022"), yuan(3_000_000), days, date.fromisoformat(start))
    assert (found.fee_fen, found.annualised, kinds(found)) == (0, Fraction(0), [(1, days, "waived")])


@pytest.mark.parametrize(
    ("start", "days"),
    [("2022-06-30", 2), ("2022-02-28", 1), ("2022-02-28", 5), ("2022-04-01", 0), (None, 5), ("9999-12-31", 5)],
    ids=["a day too long", "a day too early", "begins too early", "no day at all", "no date", "the last day there is"],
)
def test_yangzhou_publishes_no_fee_beside_the_waiver(start: str | None, days: int) -> None:
    with pytest.raises(XuqiaoError) as refused:
        quote(draft("yangzhou/2022"), yuan(3_000_000), days, date.fromisoformat(start) if start else None)
    assert (refused.value.code, refused.value.params["names"]) == ("pack.unset", "fee.tiers")


def test_days_in_a_waiver_cost_nothing_and_the_tiers_run_on() -> None:
    measure = donghai_with("waivers = [{ since = 2026-03-03, until = 2026-03-04 }]")

    dated = quote(measure, yuan(10_000_000), 8, MONDAY)

    assert kinds(dated) == [(1, 1, "tier"), (2, 3, "waived"), (4, 5, "tier"), (6, 8, "tier")]
    assert dated.fee_fen == yuan(2_000 * 3 + 4_000 * 3)
    assert dated.citation == "东政规发〔2025〕5号、承办主体自定（示例运营方案）"
    undated = quote(measure, yuan(10_000_000), 8)
    assert (undated.fee_fen, undated.citation) == (yuan(22_000), "东政规发〔2025〕5号")


def test_working_days_pass_over_the_weekend_to_a_waiver() -> None:
    text = OVERLAY.read_text(encoding="utf-8").replace('counted = "calendar"', 'counted = "working"')
    text = text.replace("[fee]\n", "[fee]\nwaivers = [{ since = 2026-03-07, until = 2026-03-09 }]\n")
    measure = draft_measure(PACK.read_text(encoding="utf-8"), text)

    found = quote(measure, yuan(10_000_000), 6, MONDAY, CALENDAR)

    assert kinds(found) == [(1, 5, "tier"), (6, 6, "waived")], "Monday 9 March is the sixth working day"
    with pytest.raises(XuqiaoError) as refused:
        quote(measure, yuan(10_000_000), 6, MONDAY)
    assert refused.value.code == "fee.calendar_needed"
    with pytest.raises(XuqiaoError) as refused:
        quote(measure, yuan(10_000_000), 6, date(2026, 12, 28), CALENDAR)
    assert refused.value.code == "calendar.out_of_period"


def test_days_beyond_the_term_cost_what_the_measure_asks_for_overdue_money() -> None:
    measure = donghai_with("", overdue='daily_rate = "0.1%"')

    found = quote(measure, yuan(10_000_000), 12, MONDAY, CALENDAR)

    assert found.lines[-1].kind is FeeKind.OVERDUE
    assert found.fee_fen == sum(line.fee_fen for line in found.lines) > quote(measure, yuan(10_000_000), 12).fee_fen
    assert quote(measure, yuan(10_000_000), 12, MONDAY).lines[-1].kind is FeeKind.TIER, "no calendar, no due day"


@pytest.mark.parametrize(
    ("principal", "days", "code"), [(-1, 5, "fee.negative"), (1, -5, "fee.negative"), (1, 10**9, "fee.too_many_days")]
)
@pytest.mark.parametrize("start", [None, MONDAY], ids=["undated", "dated"])
def test_what_cannot_be_charged_is_refused(principal: int, days: int, code: str, start: date | None) -> None:
    with pytest.raises(XuqiaoError) as refused:
        quote(donghai(), principal, days, start)
    assert refused.value.code == code


def test_a_dated_quote_costs_what_an_undated_one_does_where_nothing_befalls_it() -> None:
    for days in range(15):
        dated = quote(donghai(), yuan(1_234_567), days, MONDAY + timedelta(days=days))
        assert dated == quote(donghai(), yuan(1_234_567), days)


def test_the_yearly_cost_counts_the_calendar_days_that_go_by() -> None:
    text = OVERLAY.read_text(encoding="utf-8").replace('counted = "calendar"', 'counted = "working"')
    measure = draft_measure(PACK.read_text(encoding="utf-8"), text)

    five = quote(measure, yuan(10_000_000), 5, MONDAY, CALENDAR)  # back on the Monday after
    assert five.annualised == Fraction(10_000 * 365, 10_000_000 * 7)
    assert quote(measure, yuan(10_000_000), 4, MONDAY, CALENDAR).annualised == Fraction(8_000 * 365, 10_000_000 * 4)
    assert quote(measure, yuan(10_000_000), 5).annualised is None  # from which day on is not said


def test_days_that_are_waived_are_not_prepaid() -> None:
    measure = donghai_with("prepaid_days = 5\nwaivers = [{ since = 2026-03-03, until = 2026-03-04 }]")
    found = quote(measure, yuan(10_000_000), 5, MONDAY)
    assert (found.prepaid_fen, found.fee_fen, found.refund_fen) == (yuan(6_000), yuan(6_000), 0)
