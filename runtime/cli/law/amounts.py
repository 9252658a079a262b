"""``xuqiao words``: an amount in words, and back."""

import re
import unicodedata
from typing import Annotated

from typer import Argument

from rulebook.money import format_yuan
from rulebook.papers import amounts
from runtime.cli.failures import Exit
from runtime.cli.law.asking import asked
from runtime.cli.options import AsJson
from runtime.cli.output import line, print_json
from runtime.cli.values import fen_of


@asked()
def in_words(
    amount_or_words: Annotated[str, Argument(metavar="AMOUNT")],
    as_json: AsJson = False,
) -> int:
    text = unicodedata.normalize("NFKC", amount_or_words).strip()
    given_in_digits = bool(re.search(r"[0-9]", text)) or text.isascii()
    fen = fen_of("AMOUNT", amount_or_words, most=amounts.MOST_FEN) if given_in_digits else amounts.read_words(text)
    written = amounts.in_words(fen)
    if as_json:
        print_json({"yuan": format_yuan(fen), "words": written})
    else:
        line(written if given_in_digits else format_yuan(fen))
    return Exit.WELL


# Working days --------------------------------------------------------------------------------------------------
