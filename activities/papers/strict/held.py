"""What our papers are made of: every entry of every object that a paper, its signatures and its seal can hold.

A list of what may be there, not of what may not: scripts, launches, forms to fill in, layers, encryption and whatever
the next edition of the standard brings are refused because nobody ever wrote them down here.
"""

from collections.abc import Iterator, Mapping

from activities.papers.strict.bounds import within
from activities.papers.strict.pdf import Name, Operator, Pdf, Ref, Stream, Thing

_PLAIN = "plain"
"""A value without entries of its own: numbers, names, texts, and lists of them."""
_ANY = "*"
"""In a table of names that the file chose itself: any of them."""


def _plain(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), _PLAIN)


_STREAM = {**_plain("Length Filter"), "DecodeParms": "rows"}
_FONT = _plain("Type Subtype BaseFont")

HELD: Mapping[str, Mapping[str, str]] = {
    "trailer": {**_plain("Type Size W Index ID Prev"), **_STREAM, "Root": "catalog", "Info": "info"},
    "rows": _plain("Predictor Columns"),
    "info": _plain("Title Author Subject Keywords Creator Producer CreationDate ModDate"),
    "catalog": {
        **_plain("Type Version Lang PageMode PageLayout"),
        "Extensions": "extensions",
        "Pages": "pages",
        "Outlines": "outline",
        "Names": "names",
        "ViewerPreferences": "viewer",
        "MarkInfo": "mark",
        "OutputIntents": "intent",
        "AF": "filespec",
        "Metadata": "metadata",
        "StructTreeRoot": "structure",
        "AcroForm": "form",
        "DSS": "evidence",
    },
    "extensions": {"Type": _PLAIN, _ANY: "extension"},
    "extension": _plain("Type BaseVersion ExtensionLevel ExtensionRevision URL"),
    "viewer": _plain("DisplayDocTitle"),
    "mark": _plain("Marked"),
    "intent": {
        **_plain("Type S Info OutputConditionIdentifier OutputCondition RegistryName"),
        "DestOutputProfile": "profile",
    },
    "profile": {**_STREAM, **_plain("N Alternate Range")},
    "metadata": {**_STREAM, **_plain("Type Subtype")},
    "outline": {
        **_plain("Type Title Count"),
        "Dest": "place",
        **dict.fromkeys(("First", "Last", "Next", "Prev", "Parent"), "outline"),
    },
    "names": {"EmbeddedFiles": "files", "Dests": "places"},
    "files": {"Names": "filespec", "Limits": _PLAIN},
    "places": {"Names": "place", "Kids": "places", "Limits": _PLAIN},
    "place": {"D": "place"},
    "filespec": {**_plain("Type F UF Desc AFRelationship"), "EF": "embedded"},
    "embedded": dict.fromkeys(("F", "UF"), "attachment"),
    "attachment": {**_STREAM, **_plain("Type Subtype"), "Params": "parameters"},
    "parameters": _plain("CheckSum Size CreationDate ModDate"),
    "structure": {
        "Type": _PLAIN,
        "K": "element",
        "ParentTree": "parents",
        "RoleMap": "roles",
        **_plain("ParentTreeNextKey"),
    },
    "roles": {_ANY: _PLAIN},
    "parents": {"Nums": "element", "Kids": "parents", "Limits": _PLAIN},
    "element": {
        **_plain("Type S Pg ID Lang Alt T ActualText E MCID"),
        "P": "element",
        "K": "element",
        "A": "attributes",
        "Obj": "annotation",
        "ParentTree": "parents",
    },
    "attributes": _plain("O ColSpan RowSpan Headers Scope ListNumbering Summary Placement BBox Width Height"),
    "pages": {**_plain("Type Count"), "Kids": "page"},
    "page": {
        **_plain("Type MediaBox BleedBox TrimBox StructParents Tabs Count"),
        "Parent": "pages",
        "Kids": "page",
        "Contents": "content",
        "Resources": "resources",
        "Annots": "annotation",
    },
    "content": _STREAM,
    "resources": {
        "ProcSet": _PLAIN,
        "Font": "fonts",
        "XObject": "drawings",
        "ExtGState": "manners",
        "ColorSpace": "colours",
        "Pattern": "nothing",
        "Shading": "nothing",
    },
    "nothing": {},
    "fonts": {_ANY: "font"},
    "font": {**_FONT, **_plain("Encoding"), "DescendantFonts": "cid_font", "ToUnicode": "content"},
    "cid_font": {**_FONT, **_plain("W DW CIDToGIDMap"), "CIDSystemInfo": "system", "FontDescriptor": "descriptor"},
    "system": _plain("Registry Ordering Supplement"),
    "descriptor": {
        **_plain("Type FontName FontFamily Flags FontBBox ItalicAngle Ascent Descent CapHeight StemV StemH"),
        "FontFile2": "font_file",
    },
    "shown_descriptor": {
        **_plain("Type FontName FontFamily Flags FontBBox ItalicAngle Ascent Descent CapHeight XHeight StemV StemH"),
        **_plain("AvgWidth MaxWidth MissingWidth Leading"),
        **dict.fromkeys(("FontFile", "FontFile2", "FontFile3", "CIDSet"), "font_file"),
    },
    "font_file": {**_STREAM, **_plain("Length1 Length2 Length3 Subtype")},
    "drawings": {_ANY: "drawing"},
    "drawing": {
        **_STREAM,
        **_plain("Type Subtype BBox Matrix FormType Width Height BitsPerComponent ColorSpace"),
        "SMask": "drawing",
        "Resources": "resources",
        "Group": "group",
    },
    "group": {**_plain("Type S I K"), "CS": "colour"},
    "manners": {_ANY: "manner"},
    "manner": _plain("Type CA ca"),
    "colours": {_ANY: "colour"},
    "colour": {**_plain("WhitePoint Range"), **_STREAM, **_plain("N Alternate")},
    "annotation": {
        **_plain("Type Subtype Rect F NM Contents P Border StructParent FT T TU M"),
        "Dest": "place",
        "AP": "looks",
        "V": "signature",
        "A": "leap",
        "Lock": "lock",
        "Parent": "nothing",
    },
    "lock": _plain("Type Action Fields P"),
    "leap": {**_plain("Type S URI"), "D": "place"},
    "looks": {"N": "shown"},
    # How a signature looks is the affair of the platform that made it, and covered by it; over what it may stand is
    # not.
    "shown": {
        **_STREAM,
        **_plain(
            "Type Subtype BBox Matrix FormType Width Height BitsPerComponent ColorSpace Interpolate Intent Decode"
        ),
        "SMask": "shown",
        "Resources": "shown_with",
        "Group": "group",
    },
    "shown_with": {
        "ProcSet": _PLAIN,
        "Font": "shown_fonts",
        "XObject": "shown_parts",
        "ExtGState": "manners",
        "ColorSpace": "colours",
    },
    "shown_fonts": {_ANY: "shown_font"},
    "shown_parts": {_ANY: "shown"},
    "shown_font": {
        **_FONT,
        **_plain("Name FirstChar LastChar Widths W DW CIDToGIDMap"),
        "Encoding": "encoding",
        "DescendantFonts": "shown_font",
        "ToUnicode": "content",
        "CIDSystemInfo": "system",
        "FontDescriptor": "shown_descriptor",
    },
    "encoding": _plain("Type BaseEncoding Differences"),
    "form": {**_plain("SigFlags DA"), "Fields": "annotation", "DR": "resources"},
    "signature": {
        **_plain("Type Filter SubFilter ByteRange Contents M Name Reason Location ContactInfo Cert"),
        "Prop_Build": "builder",
    },
    "builder": {_ANY: "builder"},
    "evidence": {**_plain("Type"), **dict.fromkeys(("Certs", "OCSPs", "CRLs"), "content"), "VRI": "evidences"},
    "evidences": {_ANY: "evidence_of"},
    "evidence_of": {**_plain("Type TU"), **dict.fromkeys(("Cert", "OCSP", "CRL", "TS"), "content")},
}
"""What may be in what: for each part of a file its entries, each with the part that it holds."""

_ALLOWED: Mapping[tuple[str, str], frozenset[str]] = {
    (part, entry): frozenset(values.split())
    for part, entry, values in (
        ("font", "Subtype", "Type0"),
        ("font", "Encoding", "Identity-H"),
        ("cid_font", "Subtype", "CIDFontType2"),
        ("cid_font", "CIDToGIDMap", "Identity"),
        ("drawing", "Subtype", "Form Image"),
        ("annotation", "Subtype", "Widget Stamp Link"),
        ("annotation", "FT", "Sig"),
        ("leap", "S", "URI GoTo"),
        ("signature", "Type", "Sig DocTimeStamp"),
        ("signature", "SubFilter", "ETSI.CAdES.detached adbe.pkcs7.detached ETSI.RFC3161"),
        ("lock", "Action", "All Include Exclude"),
    )
}
"""Values that are not free."""
_NEEDED: Mapping[str, frozenset[str]] = {
    "signature": frozenset({"ByteRange", "Contents", "Filter", "SubFilter"}),
    "font": frozenset({"Encoding", "DescendantFonts", "ToUnicode"}),
    "cid_font": frozenset({"CIDToGIDMap", "FontDescriptor", "W"}),
}
"""Entries without which a part is none of ours; a signature without its range signs nothing."""
_ALONE = frozenset({"P", "Pg"})
"""Entries that lead back to a page, which is looked at where the pages are."""
_MOST_TOLD = 8


def strangers(pdf: Pdf) -> list[tuple[str, str]]:
    """What a file holds that no paper of ours holds.

    Returns:
        pairs of the part and the entry, such as ``("catalog", "OpenAction")``; the first eight.
    Raises:
        XuqiaoError: ``paper_check.unreadable``, ``paper_check.too_much``.
    """
    told = dict[tuple[str, str], None]()
    for each in _walk(pdf):
        told[each] = None
        if len(told) >= _MOST_TOLD:
            break
    return list(told)


def _walk(pdf: Pdf) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[Thing, str, str]] = [(trailer, "trailer", "") for trailer in pdf.trailers]
    met, looked_at = set[tuple[int, str]](), 0
    while waiting:
        thing, part, entry = waiting.pop()
        looked_at = within("objects", looked_at + 1) if isinstance(thing, dict | Stream) else looked_at
        if isinstance(thing, Ref):
            if (thing.number, part) not in met:
                met.add((thing.number, part))
                waiting.append((pdf.get(thing), part, entry))
        elif isinstance(thing, list):
            waiting.extend((each, part, entry) for each in thing)
        elif isinstance(thing, Operator):
            yield part, thing.word.decode("latin-1")[:20]
        elif isinstance(thing, dict | Stream):
            entries = thing.entries if isinstance(thing, Stream) else thing
            if part == _PLAIN:
                yield part, entry
            elif part != "place" or entries.get("Type") != "Page":
                yield from _unlike(part, entries)
                inner = {name: HELD[part].get(name, HELD[part].get(_ANY)) for name in entries.keys() - _ALONE}
                waiting.extend((entries[name], holds, name) for name, holds in inner.items() if holds is not None)


def _unlike(part: str, entries: Mapping[str, Thing]) -> Iterator[tuple[str, str]]:
    known = HELD[part]
    if _ANY not in known:
        yield from ((part, name) for name in entries.keys() - known.keys())
    yield from ((part, name) for name in sorted(_NEEDED.get(part, frozenset()) - entries.keys()))
    for name, value in entries.items():
        allowed = _ALLOWED.get((part, name))
        if allowed is not None and not (isinstance(value, Name) and value in allowed):
            yield part, f"{name} {str(value)[:40]}"
