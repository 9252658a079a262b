"""The days off that need no yearly notice (全国年节及纪念日放假办法); a notice only moves days about them (调休).

The days of the lunar calendar and 清明 are those of GB/T 33661-2017. The table was made with two libraries of their own
making (lunardate, lunar_python) and held against new moons and the sun's place by a third (ephem): all agreed. A test
reckons it again, and holds the years with a notice against it.
"""

from datetime import date, timedelta
from functools import cache

DECREE = "全国年节及纪念日放假办法"
"""Of 1949, as amended by 国务院令第644号 and, from 2025-01-01, 第795号."""
_LONGER_SINCE = 2025
"""Since then 除夕 and 5月2日 are days off too (国务院令第795号)."""
_DAY = timedelta(days=1)

Day = tuple[int, int]
NEW_YEAR_TOMBS_BOATS_MOON: dict[int, tuple[Day, Day, Day, Day]] = {
    2018: ((2, 16), (4, 5), (6, 18), (9, 24)),
    2019: ((2, 5), (4, 5), (6, 7), (9, 13)),
    2020: ((1, 25), (4, 4), (6, 25), (10, 1)),
    2021: ((2, 12), (4, 4), (6, 14), (9, 21)),
    2022: ((2, 1), (4, 5), (6, 3), (9, 10)),
    2023: ((1, 22), (4, 5), (6, 22), (9, 29)),
    2024: ((2, 10), (4, 4), (6, 10), (9, 17)),
    2025: ((1, 29), (4, 4), (5, 31), (10, 6)),
    2026: ((2, 17), (4, 5), (6, 19), (9, 25)),
    2027: ((2, 6), (4, 5), (6, 9), (9, 15)),
    2028: ((1, 26), (4, 4), (5, 28), (10, 3)),
    2029: ((2, 13), (4, 4), (6, 16), (9, 22)),
    2030: ((2, 3), (4, 5), (6, 5), (9, 12)),
    2031: ((1, 23), (4, 5), (6, 24), (10, 1)),
    2032: ((2, 11), (4, 4), (6, 12), (9, 19)),
    2033: ((1, 31), (4, 4), (6, 1), (9, 8)),
    2034: ((2, 19), (4, 5), (6, 20), (9, 27)),
    2035: ((2, 8), (4, 5), (6, 10), (9, 16)),
    2036: ((1, 28), (4, 4), (5, 30), (10, 4)),
    2037: ((2, 15), (4, 4), (6, 18), (9, 24)),
    2038: ((2, 4), (4, 5), (6, 7), (9, 13)),
    2039: ((1, 24), (4, 5), (5, 27), (10, 2)),
    2040: ((2, 12), (4, 4), (6, 14), (9, 20)),
}
"""By year: 正月初一, 清明, 端午, 中秋. In other years these are not known here, and only the other days count."""


@cache
def statutory_days(year: int) -> frozenset[date]:
    """The days off of a year by the decree itself, weekends among them.

    A day that falls on a weekend is made up for on a working day; on which one, only the notice says.

    >>> [day.isoformat() for day in sorted(statutory_days(2027))][:6]
    ['2027-01-01', '2027-02-05', '2027-02-06', '2027-02-07', '2027-02-08', '2027-04-05']
    """
    longer = year >= _LONGER_SINCE
    days = {date(year, 1, 1), date(year, 5, 1), *(date(year, 10, day) for day in (1, 2, 3))}
    if longer:
        days.add(date(year, 5, 2))
    if known := NEW_YEAR_TOMBS_BOATS_MOON.get(year):
        new_year, *others = (date(year, month, day) for month, day in known)
        days |= {new_year + _DAY * ahead for ahead in range(-1 if longer else 0, 3)} | set(others)
    return frozenset(days)


def is_statutory(day: date) -> bool:
    """Whether a day is off whatever a notice says."""
    return day in statutory_days(day.year)
