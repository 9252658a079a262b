"""What may come behind a signature without breaking it: further signatures, and the slices of a seal with them."""

from collections.abc import Iterable, Iterator

from pyhanko.pdf_utils.generic import DictionaryObject, IndirectObject, PdfObject, Reference
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.diff_analysis import (
    DEFAULT_DIFF_POLICY,
    FieldComparisonContext,
    FieldMDPRule,
    FormUpdate,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
)
from pyhanko.sign.diff_analysis.rules.form_field_rules import _walk_page_tree_annots

from activities.signing.places import OPERATOR
from gateways.esign.fields import party_of
from gateways.esign.seal import ACROSS, NATURAL_SIDE

_MARGIN = 68.0
"""Points: the right margin of our papers. No slice covers a word of the text."""
_ROUNDED = 0.5


def is_slice(annotation: DictionaryObject, page: DictionaryObject) -> bool:
    """Whether an annotation is where a slice of a seal is, and called like one; its picture is another matter."""
    if annotation.get("/Subtype") != "/Stamp" or not str(annotation.get("/NM", "")).startswith(ACROSS):
        return False
    left, bottom, right, top = (float(each) for each in annotation["/Rect"])
    _, foot, edge, head = (float(each) for each in page["/MediaBox"])
    at_the_edge = edge - _MARGIN <= left <= right <= edge + _ROUNDED
    half_way_up = abs(bottom + top - foot - head) <= 2 * _ROUNDED  # elsewhere it could cover the QR
    return at_the_edge and half_way_up and 0 <= top - bottom <= NATURAL_SIDE + _ROUNDED


def pages_of(root: DictionaryObject) -> Iterator[DictionaryObject]:
    """The pages of a PDF, from its catalog, in their order."""
    waiting, seen = [root["/Pages"]], 0
    while waiting:
        node, seen = waiting.pop(), seen + 1
        if seen > 10_000:
            raise PdfError("the pages have no end")
        if node["/Type"] == "/Page":
            yield node
        else:
            waiting.extend(kid.get_object() for kid in reversed(node["/Kids"]))


def annotations_of(page: DictionaryObject) -> Iterator[tuple[Reference, DictionaryObject]]:
    """What is laid over a page."""
    if "/Annots" in page:
        for entry in page["/Annots"]:
            if not isinstance(entry, IndirectObject):
                raise PdfError("an annotation that is no object of its own")
            yield entry.reference, entry.get_object()  # type: ignore[no-untyped-call]


class _WithSlices(FieldMDPRule):
    """New signatures may be shown on pages; when the operator's is among them, slices of its seal as well.

    That they came with that signature, not later, its own check says: for it they would be an unknown change.
    """

    def apply(self, context: FieldComparisonContext) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        added = {
            spec.new_field_ref: name
            for name, spec in context.field_specs.items()
            if spec.field_type == "/Sig" and spec.old_field_ref is None and spec.new_field_ref is not None
        }
        if not added:
            return
        for name in (name for name in list(added.values()) if party_of(name) == OPERATOR):
            for slice_, look in _slices(context):
                added[slice_] = name
                yield ModificationLevel.FORM_FILLING, FormUpdate(updated_ref=slice_, field_name=name)
                for part in context.new.collect_dependencies(look, since_revision=context.old.revision + 1):
                    yield ModificationLevel.FORM_FILLING, FormUpdate(updated_ref=part, field_name=name)
        # pyHanko's own walk, with the slices among what it knows: it is the one that has seen all tricks with pages.
        changes = _walk_page_tree_annots(
            context.old.root["/Pages"], context.new.root["/Pages"], added, context.old, True, set()
        )
        for change in changes:
            yield ModificationLevel.LTA_UPDATES, change


def _slices(context: FieldComparisonContext) -> Iterator[tuple[Reference, PdfObject]]:
    """New annotations that are slices, with how they look."""
    for page in pages_of(context.new.root):
        for reference, annotation in annotations_of(page):
            if context.old.is_ref_unassignable(reference) and is_slice(annotation, page):
                yield reference, annotation.raw_get("/AP")


ONLY_SIGNED = StandardDiffPolicy(
    global_rules=DEFAULT_DIFF_POLICY.global_rules,
    form_rule=FormUpdatingRule(
        field_rules=[
            SigFieldCreationRule(approve_widget_bindings=False),  # type: ignore[no-untyped-call]
            _WithSlices(),
            SigFieldModificationRule(),
            GenericFieldModificationRule(),
        ]
    ),
)
"""pyHanko's usual policy, with slices."""
