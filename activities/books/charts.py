"""The charts of accounts that ship with the product, and the operator's own file laid over one of them."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from rulebook.books.chart import Chart, lay_over, parse_chart
from rulebook.errors import XuqiaoError


def chart_ids() -> tuple[str, ...]:
    """All charts that ship, in order."""
    found = (file.name for file in (files("rulebook") / "charts").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


@cache
def shipped_chart(chart_id: str) -> Chart:
    """A chart by its id.

    Raises:
        XuqiaoError: ``chart.unknown`` with those there are.
    """
    if chart_id not in chart_ids():
        raise XuqiaoError("chart.unknown", chart=chart_id, known=", ".join(chart_ids()))
    text = (files("rulebook") / "charts" / f"{chart_id}.toml").read_text(encoding="utf-8")
    return parse_chart(text, f"{chart_id}.toml")


def read_chart(chart_id: str, own: Path | None = None) -> Chart:
    """The chart that holds for an operator.

    Args:
        chart_id: of the chart that ships.
        own: the operator's file with the accounts that differ.
    Raises:
        XuqiaoError: ``chart.unknown``, ``chart.unreadable``, and what is wrong with the file.
    """
    chart = shipped_chart(chart_id)
    if own is None:
        return chart
    try:
        text = own.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise XuqiaoError("chart.unreadable", source=own, reason=error) from None
    return lay_over(chart, text, own.name)
