"""Which language this call speaks, and the command line's own words.

Help must come at once, so it reads one catalogue and no more; every other sentence is ``activities.words.say``.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from activities.words import LANGUAGES, Lang, area

LANG_FLAG = "--lang"
LANG_VARIABLE = "XUQIAO_LANG"


@dataclass
class Call:
    """What holds for one call of the command.

    Attributes:
        lang: the language spoken.
        flag: the language asked for by ``--lang``; it wins over every setting.
        as_json: whether the answer is read by a program.
    """

    lang: Lang = "zh"
    flag: Lang | None = None
    as_json: bool = False


call = Call()


class UnknownLanguage(Exception):
    """A language is asked for that nobody here speaks, or none.

    Attributes:
        where: the option or variable that asks for it.
    """

    def __init__(self, asked: str, where: str) -> None:
        super().__init__(asked)
        self.where = where


def begin_call(argv: Sequence[str]) -> list[str]:
    """Learn from the command line, wherever it says so, which language is wanted and who reads the answer.

    Args:
        argv: as typed, without the program's name.
    Returns:
        the same without ``--lang``.
    Raises:
        UnknownLanguage: with what was given, and where.
    """
    call.lang, call.flag, call.as_json = "zh", None, "--json" in argv
    if by_environment := os.environ.get(LANG_VARIABLE, ""):
        call.lang = _asked(by_environment, LANG_VARIABLE)
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if name != LANG_FLAG:
            rest.append(word)
            continue
        call.flag = call.lang = _asked(value if equals else next(words, ""), LANG_FLAG)
    return rest


def _asked(name: str, where: str) -> Lang:
    spoken = next((lang for lang in LANGUAGES if lang == name), None)
    if spoken is None:
        raise UnknownLanguage(name, where)
    return spoken


def own(code: str, **params: object) -> str:
    """The command line's own words for a code, or the code itself."""
    return area(call.lang, "cli").get(code, code).format(**params)
