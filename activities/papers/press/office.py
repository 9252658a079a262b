"""What an office may bring along for its papers: one folder, each file with its place.

======================== ====================================================================================
``<kind>.<lang>.html``   a template that stands before the bundled one of the same name
``_<anything>.html``     a part such templates include; ``_sheet.html`` and ``_parts.*.html`` may be replaced too
``paper.css``            the whole style sheet, in place of the bundled one
``office.css``           rules behind the style sheet
``names.toml``           local names: ``[tripartite_agreement]``, ``zh = "转贷资金三方协议"``, ``en = "…"``
``fonts/body.otf``       fonts of its own, ``body``, ``title`` and ``label``, as ``.otf`` or ``.ttf``
``seal.png``             the picture of its seal, shown with the operator's signatures, and on drafts to look at
``README.md``            for the office's own notes
======================== ====================================================================================
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

from activities.papers.embedded import FONTS
from activities.papers.press.fonts import OfficeFonts
from activities.papers.press.seal_picture import seal_picture
from activities.words import say
from rulebook.errors import XuqiaoError
from rulebook.messages import digest_of
from rulebook.papers.kinds import DocumentKind

STYLE = "paper.css"
_MORE_STYLE = "office.css"
_NAMES = "names.toml"
_SEAL = "seal.png"
_NOTES = "README.md"
_LANGUAGES = get_args(Literal["zh", "en"])


def bundled_dir() -> Path:
    """The folder of the templates, the style sheet and the fonts that come with the program."""
    return Path(str(files("templates"))) / "agreements"


@dataclass(frozen=True)
class Office:
    """Templates, names and fonts as they hold for one office, read once.

    Attributes:
        sources: text of every template and of the style sheet, by file name; the office's own in place of the bundled.
        fonts: the office's own font files.
        names: its own names of papers, by kind and language.
        seal: the picture of its seal as ``seal_picture`` makes it, or None; never on a paper that nobody has signed.
    """

    sources: Mapping[str, str]
    fonts: OfficeFonts = field(default_factory=OfficeFonts)
    names: Mapping[DocumentKind, Mapping[str, str]] = field(default_factory=dict)
    seal: bytes | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all templates, the style sheet and the names: an approval binds what will be signed."""
        texts = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in self.sources.items()}
        return digest_of(texts | {kind.value: dict(names) for kind, names in self.names.items()})

    def name_of(self, kind: DocumentKind, lang: Literal["zh", "en"] = "zh", otherwise: str | None = None) -> str:
        """What a kind of paper is called here.

        Args:
            otherwise: where the office has no name of its own; the common name if None.
        """
        own = self.names.get(kind, {}).get(lang, otherwise)
        return say(f"paper.{kind.value}", lang) if own is None else own


def read_office(folder: Path | None) -> Office:
    """Templates, names and fonts: the bundled ones, and before them those of an office's folder.

    Args:
        folder: the office's; None where it has none.
    Raises:
        XuqiaoError: ``papers.office_missing``; ``papers.office_file`` for a file that has no place there;
            ``papers.office_names`` for names that cannot be read; ``papers.office_seal``.
    """
    bundled = _texts(bundled_dir())
    if folder is None:
        return Office(bundled)
    if not folder.is_dir():
        raise XuqiaoError("papers.office_missing", folder=folder)
    for path in sorted(folder.iterdir()):
        if not _has_a_place(path, bundled):
            raise XuqiaoError("papers.office_file", file=path.name, folder=folder)
    own = _texts(folder)
    more = own.pop(_MORE_STYLE, "")
    sources = bundled | own
    return Office(
        sources=sources | {STYLE: sources[STYLE] + more},
        fonts=_fonts(folder / FONTS),
        names=_names(folder / _NAMES),
        seal=read_seal(folder),
    )


def read_seal(folder: Path | None) -> bytes | None:
    """The picture of an office's seal alone, as ``Office.seal``.

    Raises:
        XuqiaoError: ``papers.office_seal``.
    """
    path = folder / _SEAL if folder else None
    if path is None or not path.is_file():
        return None
    try:
        return seal_picture(path.read_bytes())
    except (OSError, ValueError) as error:
        raise XuqiaoError("papers.office_seal", path=path, reason=error) from None


def _has_a_place(path: Path, bundled: Mapping[str, str]) -> bool:
    if path.is_dir():
        return path.name == FONTS
    part = path.suffix == ".html" and path.name.startswith("_")
    return part or path.name in {*bundled, _MORE_STYLE, _NAMES, _SEAL, _NOTES}


def _texts(folder: Path) -> dict[str, str]:
    """The templates and style sheets of a folder, by file name."""
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir())
        if path.suffix in {".html", ".css"}
    }


def _fonts(folder: Path) -> OfficeFonts:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.stem not in OfficeFonts._fields or path.suffix not in {".otf", ".ttf"} or path.stem in found:
            raise XuqiaoError("papers.office_file", file=f"{FONTS}/{path.name}", folder=folder.parent)
        found[path.stem] = path
    return OfficeFonts(**found)


def _names(path: Path) -> dict[DocumentKind, Mapping[str, str]]:
    if not path.is_file():
        return {}
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as trouble:
        raise XuqiaoError("papers.office_names", path=path, at=str(trouble)) from None
    for kind, names in listed.items():
        if kind not in set(DocumentKind) or not isinstance(names, dict):
            raise XuqiaoError("papers.office_names", path=path, at=kind)
        for lang, name in names.items():
            if lang not in _LANGUAGES or not isinstance(name, str) or not name.strip():
                raise XuqiaoError("papers.office_names", path=path, at=f"{kind}.{lang}")
    return {DocumentKind(kind): names for kind, names in listed.items()}
