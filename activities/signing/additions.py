"""What was put behind a file: signatures, or a page that nobody handed over."""

import io
from collections.abc import Collection, Mapping

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, PdfObject
from pyhanko.pdf_utils.reader import PdfFileReader

_FORM = "/AcroForm"
_OF_A_FORM = frozenset({"/Fields", "/SigFlags", "/DR", "/DA"})
_MAY_CHANGE: Mapping[str, Collection[str]] = {
    "/Page": {"/Annots"},
    "/Catalog": {_FORM, "/DSS", "/Extensions", "/Version"},
    _FORM: _OF_A_FORM,
}
"""What signing adds to objects that were there before, by their type; nothing else about them may change."""


def only_signed_behind(pdf: bytes, ours: bytes) -> bool:
    """Whether nothing but signatures was put behind a file.

    A signature vouches for everything before it: also for a page that was changed in between, so that every signature
    is good and the file shows what nobody handed over.

    Args:
        pdf: begins with ``ours``, byte for byte.
    """
    try:
        old, new = PdfFileReader(io.BytesIO(ours)), PdfFileReader(io.BytesIO(pdf))
        revisions = range(old.xrefs.total_revisions)
        known = set().union(*(old.xrefs.explicit_refs_in_revision(revision) for revision in revisions))
        # Where an object is still read from the same place of the same bytes, it is the same. What holds it, a stream
        # of objects, is an object itself.
        moved = [ref for ref in known if new.xrefs[ref] != old.xrefs[ref]]
        return (
            new.root_ref.idnum == old.root_ref.idnum
            and _info(new) == _info(old)
            and _form(new).keys() <= _OF_A_FORM
            and all(_as_before(old.get_object(ref), new.get_object(ref)) for ref in moved if ref.idnum != _info(old))  # type: ignore[no-untyped-call]
        )
    except Exception:  # a damaged file makes the library fail in any way
        return False


def _form(reader: PdfFileReader) -> DictionaryObject:
    found = reader.root[_FORM] if _FORM in reader.root else DictionaryObject()  # type: ignore[no-untyped-call]
    assert isinstance(found, DictionaryObject)
    return found


def _info(reader: PdfFileReader) -> int:
    """The number of the object with the file's title and dates, which are not shown on its pages."""
    return int(reader.trailer_view.raw_get("/Info").idnum)


def _as_before(old: PdfObject, new: PdfObject) -> bool:
    if _written(old) == _written(new):
        return True
    if isinstance(old, ArrayObject) and isinstance(new, ArrayObject):
        return _only_signatures_more(old, new)
    if not isinstance(old, DictionaryObject) or not isinstance(new, DictionaryObject):
        return False
    kind = str(old.get("/Type", _FORM if "/Fields" in old else ""))
    if kind == "/Metadata":
        return new.get("/Type") == kind
    touched = {name for name in old.keys() | new.keys() if _entry(old, name) != _entry(new, name)}
    return touched <= set(_MAY_CHANGE.get(kind, ())) and all(
        _only_signatures_more(_list(old, name), _list(new, name)) for name in touched & {"/Annots", "/Fields"}
    )


def _only_signatures_more(old: ArrayObject, new: ArrayObject) -> bool:
    """Whether a list of annotations or fields has all it had, and places of signatures behind them."""
    entries, before = list(new), list(old)
    kept, more = entries[: len(before)], entries[len(before) :]
    as_it_was = [_written(each) for each in kept] == [_written(each) for each in before]
    return as_it_was and all(each.get_object().get("/FT") == "/Sig" for each in more)


def _list(of: DictionaryObject, name: str) -> ArrayObject:
    found = of[name] if name in of else ArrayObject()
    assert isinstance(found, ArrayObject)
    return found


def _entry(of: DictionaryObject, name: str) -> bytes | None:
    return _written(of.raw_get(name)) if name in of else None


def _written(value: PdfObject) -> bytes:
    out = io.BytesIO()
    value.write_to_stream(out, None)
    return out.getvalue()
