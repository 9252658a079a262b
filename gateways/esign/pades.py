"""A PAdES signature on a PDF by pyHanko. Nothing is fetched: no time stamp, no revocation lists, no certificates."""

import io
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.content import PdfResources, RawContent
from pyhanko.pdf_utils.font.api import FontEngineFactory
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.generic import IndirectObject, NameObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from gateways.esign.certificates import Credential
from gateways.esign.fields import FIELD
from gateways.esign.place import Place
from gateways.esign.seal import Seal, put_across, seal_image
from gateways.esign.tags import hang_in_tree
from rulebook.errors import XuqiaoError

_LETTERS = 9
_INK = (0.72, 0.07, 0.07)


@dataclass(frozen=True)
class Stamp:
    """What a signature shows.

    Attributes:
        lines: of text.
        font: an OpenType or TrueType font, as the bytes of a file, that has every character of them.
    """

    lines: tuple[str, ...]
    font: bytes


def sign_pdf(
    pdf: bytes,
    party: str,
    credential: Credential,
    place: Place | None,
    stamp: Stamp | None,
    seal: Seal | None = None,
) -> bytes:
    """Sign a PDF for one party.

    Args:
        pdf: as it is; with or without signatures of others.
        party: such as ``operator``; it names the signature's field.
        place: where the signature is shown; None for one that is not shown.
        stamp: what is shown there; None for an empty place.
        seal: shown with the stamp, on the same page; its slices come in the same revision: the signature covers them.
    Returns:
        the PDF with the signature behind it: it begins with the bytes that were given.
    Raises:
        XuqiaoError: ``signing.not_a_pdf`` when it cannot be signed.
    """
    try:
        writer = _AsItWas(io.BytesIO(pdf))
        taken = {name: value for name, value, _ in fields.enumerate_sig_fields(writer.prev)}
    except (PdfError, ValueError, KeyError, TypeError) as error:
        raise XuqiaoError("signing.not_a_pdf", reason=error) from None
    name = next(each for each in _names(party) if each not in taken)
    whole = place.with_room_for(seal.place) if place and seal else place
    spec = fields.SigFieldSpec(
        name,
        on_page=whole.page - 1 if whole else 0,
        box=_corners(whole) if whole else None,
        readable_field_name="".join(stamp.lines) if stamp else party,  # what a screen reader says of the place
    )
    meta = signers.PdfSignatureMetadata(
        field_name=name, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", name=party
    )
    image = seal_image(writer, seal) if seal else None
    pictured = _Pictured(seal.place, image) if seal and image else None
    style = _style(stamp, whole, place, pictured) if whole and place and stamp else None
    if seal and image and seal.across:
        put_across(writer, image)
    fields.append_signature_field(writer, spec)
    if not any(taken.values()):
        (field,) = (ref for _, _, ref in fields.enumerate_sig_fields(writer, with_name=name))
        hang_in_tree(writer, field)
    signer = signers.PdfSigner(meta, signer=signer_of(credential), stamp_style=style)
    return bytes(signer.sign_pdf(writer).getbuffer())


class _AsItWas(IncrementalPdfFileWriter):
    """A signature is put behind a file whose title, dates and producer stay: they stand in two places, and pyHanko
    would change the one and not the other."""

    def _update_meta(self) -> None:
        pass


def _corners(place: Place) -> tuple[int, int, int, int]:
    return round(place.x), round(place.y), round(place.x + place.width), round(place.y + place.height)


def _names(party: str) -> list[str]:
    """A party may sign again, for instance once by each of two people; a field holds one signature."""
    return [f"{FIELD}{party}", *(f"{FIELD}{party}#{number}" for number in range(2, 1000))]


def signer_of(credential: Credential) -> signers.SimpleSigner:
    """What pyHanko signs with: the key, its certificate and those above it."""
    own, *above = load_certs_from_pemder_data(
        b"".join(each.public_bytes(Encoding.PEM) for each in (credential.certificate, *credential.chain))
    )
    known = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    known.register_multiple(above)
    private = credential.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        signing_cert=own, signing_key=load_private_key_from_pemder_data(private, None), cert_registry=known
    )


class _OwnFont(FontEngineFactory):
    """A font from memory, in units of a thousandth: pyHanko writes its widths as they are, and PDF reads them so."""

    def __init__(self, content: bytes) -> None:
        font, scaled = TTFont(io.BytesIO(content)), io.BytesIO()
        scale_upem(font, 1000)
        font.save(scaled)
        self._content = scaled.getvalue()

    def create_font_engine(self, writer: BasePdfFileWriter, obj_stream: object = None) -> GlyphAccumulator:
        return GlyphAccumulator(writer, io.BytesIO(self._content), font_size=_LETTERS, obj_stream=obj_stream)


class _Pictured(NamedTuple):
    """The picture of a seal in the file, and where it goes."""

    place: Place
    image: IndirectObject


def _style(stamp: Stamp, whole: Place, place: Place, seal: _Pictured | None) -> TextStampStyle:
    """How a signature is drawn.

    Args:
        whole: all that it takes up; ``place`` what of it is for the text.
    """
    left, low = place.x - whole.x, place.y - whole.y
    beside, above = whole.width - left - place.width, whole.height - low - place.height
    fit = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MIN,
        y_align=AxisAlignment.ALIGN_MID,
        margins=Margins(round(left) + 6, round(beside) + 6, round(above) + 4, round(low) + 4),
        inner_content_scaling=InnerScaling.SHRINK_TO_FIT,
    )
    tight = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MIN, y_align=AxisAlignment.ALIGN_MID, margins=Margins(0, 0, 0, 0)
    )
    text = TextBoxStyle(
        box_layout_rule=tight, font=_OwnFont(stamp.font), font_size=_LETTERS, leading=_LETTERS + 2, text_color=_INK
    )
    return TextStampStyle(
        border_width=0,
        background=_ground(whole, place, seal),
        background_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MIN,
            y_align=AxisAlignment.ALIGN_MIN,
            margins=Margins(0, 0, 0, 0),
            inner_content_scaling=InnerScaling.STRETCH_FILL,
        ),
        background_opacity=1.0,
        text_box_style=text,
        inner_content_layout=fit,
        # The text is a pattern for Python's % operator.
        stamp_text="\n".join(stamp.lines).replace("%", "%%"),
    )


def _ground(whole: Place, place: Place, seal: _Pictured | None) -> RawContent:
    """What lies under the text: a white ground with a frame, and the seal."""
    corner = (place.x - whole.x, place.y - whole.y, place.width, place.height)
    # Opaque: what stands there for a pen, the line for the date, would make the text hard to read.
    drawn = b"q 1 1 1 rg %g %g %g %g re f Q " % corner
    drawn += b"q %g %g %g RG 1 w %g %g %g %g re S Q" % (*_INK, *corner)
    resources = PdfResources()  # type: ignore[no-untyped-call]
    if seal:
        resources.xobject[NameObject("/Seal")] = seal.image
        at = seal.place
        drawn += b" q %g 0 0 %g %g %g cm /Seal Do Q" % (at.width, at.height, at.x - whole.x, at.y - whole.y)
    return RawContent(drawn, resources, BoxConstraints(whole.width, whole.height))
