"""Signatures for whoever does not see them: named, and in the tag tree as far as no earlier signature forbids it."""

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils.generic import NameObject, NumberObject, TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from activities.signing.additions import only_signed_behind
from activities.signing.check import find_signatures
from activities.signing.places import place_of
from gateways.esign import DemoAuthority, sign_pdf
from rulebook.papers.kinds import DocumentKind
from tests.papers.samples import EVERY_PAPER, Sample
from tests.papers.seals import a_stamp

SIGNED = sorted({kind for kind, _ in EVERY_PAPER})
Change = Callable[[IncrementalPdfFileWriter], None]


def signed(sample: Sample, kind: DocumentKind, folder: Path) -> list[bytes]:
    """A paper of a kind, then with the signature of each party behind the last."""
    paper, authority = sample(kind), DemoAuthority(folder)
    files, boxes = [paper.pdf], [each._asdict() for each in paper.boxes]
    for party in dict.fromkeys(box.party for box in paper.boxes):
        stamp = a_stamp("甲公司", "王核（复核）")
        files.append(sign_pdf(files[-1], party, authority.credential(party, "甲"), place_of(boxes, party), stamp))
    return files


@pytest.mark.parametrize("kind", SIGNED)
def test_40_a_signature_has_a_name_and_the_first_a_place_in_the_tag_tree(
    kind: DocumentKind, sample: Sample, tmp_path: Path
) -> None:
    unsigned, *files = signed(sample, kind, tmp_path)
    for last in files[-1:]:  # some papers have no place to sign
        with pikepdf.open(io.BytesIO(unsigned)) as before, pikepdf.open(io.BytesIO(last)) as pdf:
            fields = list(pdf.Root.AcroForm.Fields)
            assert [str(field.TU) for field in fields] == ["甲公司王核（复核）"] * len(files), (
                "a reader says who signed"
            )
            tree, tree_before = pdf.Root.StructTreeRoot, before.Root.StructTreeRoot
            *others, added = tree.K[0].K
            assert len(others) == len(tree_before.K[0].K), "nothing else moved"
            assert (str(added.S), str(added.K.Type)) == ("/Form", "/OBJR")
            assert added.K.Obj.objgen == fields[0].objgen
            nums = list(tree.ParentTree.Nums)
            assert nums[nums.index(fields[0].StructParent) + 1].objgen == added.objgen, "and back from the field"
            assert all(page.Tabs == "/S" for page in pdf.pages), "in the order of the tree"
        assert all(each.good for each in find_signatures(last)), "nothing that a signature covers was touched"
        assert only_signed_behind(last, unsigned)


def hidden_words(writer: IncrementalPdfFileWriter) -> None:
    """What is read out at the place of a signature is not what stands there."""
    tree = writer.root["/StructTreeRoot"]["/K"][0]
    tree["/K"][-1][NameObject("/Alt")] = TextStringObject("已付清")
    writer.update_container(tree["/K"][-1])


def more_numbers(writer: IncrementalPdfFileWriter) -> None:
    tree = writer.root["/StructTreeRoot"]["/K"][0]
    tree["/K"].append(NumberObject(7))  # type: ignore[no-untyped-call]
    writer.update_container(tree)


@pytest.mark.parametrize("change", [hidden_words, more_numbers])
def test_40_nothing_else_comes_into_the_tag_tree_with_a_signature(
    change: Change, sample: Sample, tmp_path: Path
) -> None:
    unsigned, first, *_ = signed(sample, DocumentKind.DRAWDOWN_REQUEST, tmp_path)
    writer, made = IncrementalPdfFileWriter(io.BytesIO(first)), io.BytesIO()
    change(writer)
    writer.write(made)  # type: ignore[no-untyped-call]
    assert only_signed_behind(first, unsigned)
    assert not only_signed_behind(made.getvalue(), unsigned)
    assert not all(each.good for each in find_signatures(made.getvalue()))
