"""What the places to sign show, and what else was laid over the pages of a paper."""

import hashlib
import io
from collections.abc import Iterator
from contextlib import suppress

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    PdfObject,
    Reference,
    StreamObject,
)
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from activities.papers.strict.page import Box, Drawer
from activities.papers.strict.pdf import Pdf, Stream, Thing, numbers, text_of
from activities.signing.found import Look
from activities.signing.places import OPERATOR
from activities.signing.policy import annotations_of, is_slice, pages_of
from activities.signing.reader import Reader
from gateways.esign.fields import party_of
from gateways.esign.place import Place
from rulebook.errors import XuqiaoError

_DEEPEST = 40
_ASIDE = frozenset({"/P", "/Parent", "/Length"})
"""Entries that lead back to the page, or say nothing of how a thing looks."""
_SHOWN_BY = ("/Subtype", "/Rect", "/F", "/MK", "/BS", "/Border", "/C", "/CA", "/ca", "/BM", "/OC", "/AP", "/AS")
"""Entries of an annotation that say how it looks, and whether it is seen at all."""
_NO_FRAME = [0, 0, 0]


def looks_of(pdf: bytes, reader: Reader | None = None) -> dict[str, Look]:
    """How the signatures of a PDF are shown, by the names of their fields; nothing for a file that cannot be read.

    Args:
        reader: of this very PDF, where it is read already.
    """
    try:
        reader = reader or Reader(pdf)
        words = _words(pdf)
        pages = list(pages_of(reader.root))
        return {
            each.field_name: _look(each, pages, words.get(each.field_name, "")) for each in reader.embedded_signatures
        }
    except Exception:  # a damaged file makes the library fail in any way
        return {}


def laid_over(pdf: bytes, reader: Reader | None = None) -> list[int]:
    """The pages, from 1, over which something is laid that is neither a signature nor came with the operator's.

    Such as the slices of a seal on a paper that nobody has signed, a note over an amount, or a signature that is shown
    on another page once more. Links that show nothing are no pictures.

    Args:
        reader: of this very PDF, where it is read already.
    """
    try:
        reader = reader or Reader(pdf)
        signed = reader.embedded_signatures
        fields = {_number(each.sig_field) for each in signed}
        sealed = {each.signed_revision for each in signed if party_of(each.field_name) == OPERATOR}
        pages = list(pages_of(reader.root))
    except Exception:  # as above; that it cannot be read is said elsewhere
        return []

    met: set[int] = set()

    def is_over(page: DictionaryObject) -> bool:
        try:
            here = list(annotations_of(page))
            again = [reference for reference, _ in here if reference.idnum in met]
            met.update(reference.idnum for reference, _ in here)
            return bool(again) or any(_strange(*each, page, reader, fields, sealed) for each in here)
        except Exception:  # what cannot be read is nothing that we laid there
            return True

    return [number for number, page in enumerate(pages, 1) if is_over(page)]


def _strange(
    reference: Reference,
    annotation: DictionaryObject,
    page: DictionaryObject,
    reader: PdfFileReader,
    fields: set[int],
    sealed: set[int],
) -> bool:
    if reference.idnum in fields or _is_plain_link(annotation):
        return False
    return not is_slice(annotation, page) or reader.xrefs.get_introducing_revision(reference) not in sealed


def _is_plain_link(annotation: DictionaryObject) -> bool:
    """Whether an annotation is a link without a picture or a frame of its own: either can cover what is under it."""
    plain = "/AP" not in annotation and "/BS" not in annotation
    return plain and annotation.get("/Subtype") == "/Link" and list(annotation.get("/Border", [])) == _NO_FRAME


def _look(embedded: EmbeddedPdfSignature, pages: list[DictionaryObject], words: str) -> Look:
    own, places = _number(embedded.sig_field), list[Place]()
    hasher = _Hasher()
    for number, page in enumerate(pages, 1):
        for reference, annotation in annotations_of(page):
            slice_ = is_slice(annotation, page) and (
                embedded.reader.xrefs.get_introducing_revision(reference) == embedded.signed_revision
            )
            if reference.idnum == own or slice_:
                hasher.add(number, annotation)
            if reference.idnum == own:
                one, low, other, high = (float(each) for each in annotation["/Rect"])
                if one != other and low != high:  # any two corners may be given (ISO 32000-1, 7.9.5)
                    places.append(Place(number, min(one, other), min(low, high), abs(other - one), abs(high - low)))
    return Look(tuple(places), hasher.digest(), words)


def _number(field: DictionaryObject) -> int:
    """The number of the object that a field is."""
    assert isinstance(field.container_ref, Reference)
    return field.container_ref.idnum


class _Hasher:
    """A digest over annotations with all that they are drawn with, whatever numbers the objects have."""

    def __init__(self) -> None:
        self._hash, self._seen = hashlib.sha256(), dict[int, int]()

    def add(self, page: int, annotation: DictionaryObject) -> None:
        self._hash.update(b"page %d" % page)
        for name in _SHOWN_BY:
            if name in annotation:
                self._hash.update(name.encode())
                self._value(annotation.raw_get(name), 0)

    def digest(self) -> str:
        return self._hash.hexdigest()

    def _value(self, value: PdfObject, depth: int) -> None:
        if depth > _DEEPEST:
            raise PdfError("drawn with objects without end")
        if isinstance(value, IndirectObject):
            known = self._seen.setdefault(value.idnum, len(self._seen))
            self._hash.update(b"(%d)" % known)
            if known == len(self._seen) - 1:  # met for the first time
                self._value(value.get_object(), depth + 1)  # type: ignore[no-untyped-call]
        elif isinstance(value, DictionaryObject):
            self._hash.update(b"<<")
            for name in sorted(value.keys() - _ASIDE):
                self._hash.update(str(name).encode())
                self._value(value.raw_get(name), depth + 1)
            self._hash.update(b">>")
            if isinstance(value, StreamObject):
                self._hash.update(hashlib.sha256(value.encoded_data).digest())
        elif isinstance(value, ArrayObject):
            self._hash.update(b"[")
            for place in range(len(value)):
                self._value(value.raw_get(place), depth + 1)
            self._hash.update(b"]")
        else:
            out = io.BytesIO()
            value.write_to_stream(out, None)
            self._hash.update(out.getvalue() + b" ")


def _words(pdf: bytes) -> dict[str, str]:
    """The text shown by each signature field, without white space."""
    read = Pdf(pdf)
    drawer = Drawer(read)
    form = read.entries(read.entries(read.trailers[0].get("Root")).get("AcroForm"))
    fields = [read.entries(each) for each in read.items(form.get("Fields"))]
    return dict(_texts(read, drawer, fields))


def _texts(read: Pdf, drawer: Drawer, fields: list[dict[str, Thing]]) -> Iterator[tuple[str, str]]:
    for field in fields:
        name, edges = read.get(field.get("T")), numbers(read.get(field.get("Rect")))
        shown = read.get(read.entries(field.get("AP")).get("N"))
        if isinstance(name, bytes) and isinstance(shown, Stream) and len(edges) == 4:
            with suppress(XuqiaoError):  # of a look that is none of ours there are no words
                yield text_of(name), drawer.look(shown, Box(*edges)).text
