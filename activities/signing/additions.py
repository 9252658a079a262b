"""What was put behind a file: signatures, or a page that nobody handed over."""

import io
from collections.abc import Collection, Mapping

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, NumberObject, PdfObject
from pyhanko.pdf_utils.reader import PdfFileReader

from gateways.esign.tags import ELEMENT, FORM, HUNG

_FORM = "/AcroForm"
_PARENTS = "/ParentTree"
_LISTS = frozenset({"/Annots", "/Fields", "/Nums", "/K"})
_OF_A_FORM = frozenset({"/Fields", "/SigFlags", "/DR", "/DA"})
_MAY_CHANGE: Mapping[str, Collection[str]] = {
    "/Page": {"/Annots"},
    "/Catalog": {_FORM, "/DSS", "/Extensions", "/Version"},
    _FORM: _OF_A_FORM,
    _PARENTS: {"/Nums"},
    ELEMENT: {"/K"},
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
    kind = str(old.get("/Type", _FORM if "/Fields" in old else _PARENTS if "/Nums" in old else ""))
    if kind == "/Metadata":
        return new.get("/Type") == kind
    touched = {name for name in old.keys() | new.keys() if _entry(old, name) != _entry(new, name)}
    return touched <= set(_MAY_CHANGE.get(kind, ())) and all(
        _only_signatures_more(_list(old, name), _list(new, name), numbers=name == "/Nums") for name in touched & _LISTS
    )


def _only_signatures_more(old: ArrayObject, new: ArrayObject, *, numbers: bool = False) -> bool:
    """Whether a list of annotations, fields or tags has all it had, and places of signatures behind them.

    Args:
        numbers: whether a place stands behind its number there.
    """
    entries, before = list(new), list(old)
    kept, more = entries[: len(before)], entries[len(before) :]
    as_it_was = [_written(each) for each in kept] == [_written(each) for each in before]
    found = [each.get_object() for each in more]
    return as_it_was and all(_is_of_a_signature(each) or (numbers and isinstance(each, NumberObject)) for each in found)


def _is_of_a_signature(added: PdfObject) -> bool:
    """Whether something is a signature's field, or its place in the tag tree and says nothing of its own."""
    if not isinstance(added, DictionaryObject):
        return False
    if added.get("/S") == FORM and added.keys() <= HUNG and isinstance(added["/K"], DictionaryObject):
        return bool(added["/K"]["/Obj"].get("/FT") == "/Sig")
    return added.get("/FT") == "/Sig"


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
