"""References of the bank's, as they are compared: two ways of writing one are one. Pure.

The database compares the same way (``ledger.folded``), and so does whoever judges its books afterwards.
"""

import re
import unicodedata

_SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_UNSEEN = re.compile(
    "[\u0001-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
_MARKS = re.compile("[!-/:-@\\[-`{-~\u00b7\u2010-\u2015\u2212\u3001\u3002\u30fb]+")
_NUMBER = re.compile("-*([0-9]+)-*")
_RUN = re.compile("-+")
_ZEROS = re.compile("(^|-)0+([0-9])")


def folded(reference: str) -> str:
    """A reference in one case and width, without what cannot be seen, and its numbers without zeros before them.

    Of one that has nothing else, itself.

    >>> folded("LS-1"), folded("ls\\u00ad-01 "), folded("ＬＳ１"), folded("1-2"), folded("12")
    ('ls-1', 'ls-1', 'ls-1', '1-2', '12')
    """
    seen = _UNSEEN.sub("", unicodedata.normalize("NFKC", reference).translate(_SMALL))
    parts = _RUN.sub("-", _NUMBER.sub(r"-\1-", _MARKS.sub("-", seen))).strip("-")
    return _ZEROS.sub(r"\1\2", parts) or reference
