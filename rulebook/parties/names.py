"""Names as somebody wrote them: kept sign for sign everywhere, made alike only to be compared, and refused where two
people could not see that they differ.

A payee whose name differs from the account's by one bracket gets his money back days later (退汇); a name is therefore
never tidied on its way to a paper or a bank.
"""

import re
import unicodedata

_SPACES = frozenset(" \u3000")
"""The blanks that a keyboard gives; any other looks like one of them and is another sign."""
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and signs that show nothing."""
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_LINE_BREAKS = frozenset("\n\r\t\v\f\u0085\u2028\u2029")
_RADICALS = range(0x2E80, 0x2FE0)
"""Parts of characters with places of their own (⽯): copied from a PDF they look like the character (石)."""
_RADICALS_MEANT = str.maketrans(
    "⺟⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻤⻥⻦⻩⻬⻮⻰", "母民虎西见角贝车长门青韦页风飞食马鬼鱼鸟黄齐齿龙"
)
_SHAPES = "髙峯羣淸靑眞溫呂戶戸產値徳姫强內吳黃宮綠甁說閲"
_USUAL_SHAPES = "高峰群清青真温吕户户产值德姬強内吴黄宫绿瓶説閱"
"""One character in two shapes, as licences and keyboards have them; not characters of one sound or sense."""
_DOTS = "·•‧∙⋅・･᛫⸱●．"
_COUPLE = re.compile("(.+、.+)[（(](夫妻|夫妇)[）)]")
_ALIKE = str.maketrans(
    {
        **dict.fromkeys(_DOTS, "·"),
        **dict.fromkeys("[{〔【〖「『〈《<﹝", "("),
        **dict.fromkeys("]}〕】〗」』〉》>﹞", ")"),
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("‘’´`′＇", "'"),
        **dict(zip(_SHAPES, _USUAL_SHAPES, strict=True)),
    }
)


def hidden(text: str) -> str | None:
    """The first sign of a text that nobody sees, or that turns the direction of writing; None where there is none.

    >>> hidden("石英（东海）有限公司"), ascii(hidden("石英\\u200b"))
    (None, "'\\\\u200b'")
    """
    return next((sign for sign in text if _is_hidden(sign)), None)


def each_alone(written: str) -> tuple[tuple[str, str], ...]:
    """Names written as one, each alone: a person signs for himself, spouses too.

    Returns:
        each name, with what its bearer is to the others; empty where nothing is said of that.

    >>> each_alone("石犇、李㛃（夫妻）")
    (('石犇', '夫妻'), ('李㛃', '夫妻'))
    >>> each_alone("石湖担保（东海）有限公司")
    (('石湖担保（东海）有限公司', ''),)
    """
    couple = _COUPLE.fullmatch(written)
    names, relation = couple.groups() if couple else (written, "")
    return tuple((name.strip(), relation) for name in names.split("、") if name.strip())


def line_break(text: str) -> str | None:
    """The first break of a line (Alt+Enter) or tabulator of a text, or None."""
    return next((sign for sign in text if sign in _LINE_BREAKS), None)


def stands_for(text: str) -> tuple[str, str] | None:
    """The first sign of a text that stands for another, which looks the same, with that other one; None otherwise.

    These are duplicates that every program may replace by the usual character (canonical equivalents), letters with a
    separate accent, and radicals.

    >>> stands_for("江苏⽯英"), stands_for("José"), stands_for("①号㎡Ⅲ（东海）·")
    (('⽯', '石'), None, None)
    """
    for cluster in re.findall(r"(?s).[\u0300-\u036f\u3099\u309a]*", text):
        usual = unicodedata.normalize("NFC", cluster)
        if len(cluster) == 1 and ord(cluster) in _RADICALS:
            usual = unicodedata.normalize("NFKC", cluster).translate(_RADICALS_MEANT)
            return cluster, usual
        if usual != cluster:
            return cluster, usual
    usual = unicodedata.normalize("NFC", text)
    return None if usual == text else (text, usual)


def with_hidden_shown(text: str) -> str:
    """A text in which what nobody sees is written by its code point.

    >>> with_hidden_shown("石英\\u200b制品")
    '石英⟨U+200B⟩制品'
    """
    return "".join(f"⟨{code_point(sign)}⟩" if _is_hidden(sign) else sign for sign in text)


def code_point(signs: str) -> str:
    """Signs by their numbers, such as ``U+200B``."""
    return " ".join(f"U+{ord(sign):04X}" for sign in signs)


def compared(name: str) -> str:
    """A name for comparing only: width, kinds of brackets, dots, dashes and quotes, blanks, capitals and the shapes of
    one character made alike. What comes out is never shown, stored or printed.

    >>> compared("江苏东海（连云港）石英 有限公司") == compared("江苏东海(连云港)石英有限公司")
    True
    >>> compared("买买提・艾力") == compared("买买提·艾力"), compared("石英一厂") == compared("石英1厂")
    (True, False)
    """
    # The dots first: NFKC makes a full stop of the full-width one.
    plain = unicodedata.normalize("NFKC", name.translate(_ALIKE)).translate(_ALIKE)
    kept = "".join(sign for sign in plain.casefold() if not sign.isspace() and not _is_hidden(sign))
    return unicodedata.normalize("NFKC", kept)


def same_name(one: str, other: str) -> bool:
    """Whether two spellings mean one name."""
    return compared(one) == compared(other)


def _is_hidden(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category in _UNSEEN or sign in _FILLERS or (category == "Zs" and sign not in _SPACES)
