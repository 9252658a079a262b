"""``xuqiao size``: the size class of a firm."""

import re
import unicodedata
from decimal import Decimal
from typing import Annotated

from typer import Option

from rulebook.law.size import SIZE_RULE, size_class
from rulebook.money import YUAN_PER_WAN, yuan
from runtime.cli.failures import Exit, Misuse
from runtime.cli.law.asking import asked, count_of
from runtime.cli.options import AsJson
from runtime.cli.output import fields, print_json, say, word

_WAN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


# The fee -------------------------------------------------------------------------------------------------------


@asked()
def size(
    industry: Annotated[str, Option("--industry", metavar="CODE")],
    employees: Annotated[str, Option("--employees", metavar="N")],
    revenue_wan: Annotated[str, Option("--revenue", metavar="WAN")],
    assets_wan: Annotated[str | None, Option("--assets", metavar="WAN")] = None,
    as_json: AsJson = False,
) -> int:
    found = size_class(
        industry,
        count_of("--employees", employees),
        _fen_of_wan("--revenue", revenue_wan),
        None if assets_wan is None else _fen_of_wan("--assets", assets_wan),
    )
    because = [say(code) for code in found.because]
    if as_json:
        print_json({"class": found.size, "because": because, "citation": SIZE_RULE})
        return Exit.WELL
    fields(
        (
            ("size", word("size", found.size)),
            ("reason", say("cli.semicolon").join(because)),
            ("citation", SIZE_RULE),
        )
    )
    return Exit.WELL


def _fen_of_wan(option: str, typed: str) -> int:
    """An amount typed in 万元, with as many decimals as make whole 分."""
    text = unicodedata.normalize("NFKC", typed).strip()
    if not _WAN.fullmatch(text):
        raise Misuse("cli.usage.bad_value", name=option, reason=say("law.not_in_wan", value=typed))
    return yuan(Decimal(text) * YUAN_PER_WAN)


# Amounts in words ----------------------------------------------------------------------------------------------
