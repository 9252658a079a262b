"""The place of a signature in the tag tree: a screen reader that walks the tree comes to it (ISO 14289-1, 7.18)."""

from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

TREE = "/StructTreeRoot"
ELEMENT, FORM, OBJECT = "/StructElem", "/Form", "/OBJR"
HUNG = frozenset({"/Type", "/S", "/P", "/Pg", "/K"})
"""All that a place in the tree says; what is read out there is the field's own name."""


def hang_in_tree(writer: IncrementalPdfFileWriter, field: IndirectObject) -> None:
    """Hang a signature's field, which is new in a file, behind all that its tag tree holds.

    Only while nobody has signed: the tree is covered by every signature, and who checks one would call it changed.
    A file without a tree, or with one of another form than ours, stays as it is.
    """
    if TREE not in writer.root:
        return
    tree = writer.root[TREE]
    if "/Nums" not in tree["/ParentTree"] or not isinstance(tree["/K"], ArrayObject):
        return
    above, parents, widget = tree["/K"].raw_get(0), tree["/ParentTree"], field.get_object()  # type: ignore[no-untyped-call]
    top = above.get_object()
    if not isinstance(above, IndirectObject) or not isinstance(top["/K"], ArrayObject):
        return
    page = widget.raw_get("/P")
    element = writer.add_object(
        _entries(
            Type=NameObject(ELEMENT),
            S=NameObject(FORM),
            P=above,
            Pg=page,
            K=_entries(Type=NameObject(OBJECT), Obj=field, Pg=page),
        )
    )
    nums = parents["/Nums"]
    last = max((int(nums[place]) for place in range(0, len(nums), 2)), default=-1)
    key = NumberObject(last + 1)  # type: ignore[no-untyped-call]
    nums.extend([key, element])
    top["/K"].append(element)
    widget[NameObject("/StructParent")] = key
    for changed in (nums, top["/K"], widget):
        writer.update_container(changed)


def _entries(**values: PdfObject) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in values.items()})  # type: ignore[no-untyped-call]
