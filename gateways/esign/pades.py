"""A PAdES signature on a PDF by pyHanko. Nothing is fetched: no time stamp, no revocation lists, no certificates."""

import io
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.content import RawContent
from pyhanko.pdf_utils.font.api import FontEngineFactory
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, InnerScaling, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from gateways.esign.certificates import Credential
from rulebook.errors import XuqiaoError

FIELD = "sign-"
"""How the name of a signature field begins; the party follows."""
_LETTERS = 9
_INK = (0.72, 0.07, 0.07)


@dataclass(frozen=True)
class Place:
    """Where a signature is shown: page from 1, the rest in points from the page's lower left corner."""

    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Stamp:
    """What a signature shows.

    Attributes:
        lines: of text.
        font: an OpenType or TrueType font, as the bytes of a file, that has every character of them.
    """

    lines: tuple[str, ...]
    font: bytes


def sign_pdf(pdf: bytes, party: str, credential: Credential, place: Place | None, stamp: Stamp | None) -> bytes:
    """Sign a PDF for one party.

    Args:
        pdf: as it is; with or without signatures of others.
        party: such as ``operator``; it names the signature's field.
        place: where the signature is shown; None for one that is not shown.
        stamp: what is shown there; None for an empty place.
    Returns:
        the PDF with the signature behind it: it begins with the bytes that were given.
    Raises:
        XuqiaoError: ``signing.not_a_pdf`` when it cannot be signed.
    """
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        taken = {name for name, _, _ in fields.enumerate_sig_fields(writer.prev)}
    except (PdfError, ValueError, KeyError, TypeError) as error:
        raise XuqiaoError("signing.not_a_pdf", reason=error) from None
    name = next(each for each in _names(party) if each not in taken)
    spec = fields.SigFieldSpec(name, on_page=place.page - 1 if place else 0, box=_corners(place) if place else None)
    meta = signers.PdfSignatureMetadata(
        field_name=name, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", name=party
    )
    style = _style(stamp) if place and stamp else None
    signer = signers.PdfSigner(meta, signer=_signer(credential), stamp_style=style, new_field_spec=spec)
    return bytes(signer.sign_pdf(writer).getbuffer())


def party_of(field_name: str) -> str:
    """The party for whom a signature field was made; empty for a field that is not one of ours."""
    return field_name.removeprefix(FIELD).partition("#")[0] if field_name.startswith(FIELD) else ""


def _corners(place: Place) -> tuple[int, int, int, int]:
    return round(place.x), round(place.y), round(place.x + place.width), round(place.y + place.height)


def _names(party: str) -> list[str]:
    """A party may sign again, for instance once by each of two people; a field holds one signature."""
    return [f"{FIELD}{party}", *(f"{FIELD}{party}#{number}" for number in range(2, 1000))]


def _signer(credential: Credential) -> signers.SimpleSigner:
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
    """A font from memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def create_font_engine(self, writer: BasePdfFileWriter, obj_stream: object = None) -> GlyphAccumulator:
        return GlyphAccumulator(writer, io.BytesIO(self._content), font_size=_LETTERS, obj_stream=obj_stream)


def _style(stamp: Stamp) -> TextStampStyle:
    # Opaque: what stands there for a pen, the line for the date, would make the text hard to read.
    paper = RawContent(b"1 1 1 rg 0 0 100 100 re f", box=BoxConstraints(100, 100))
    fit = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MIN,
        y_align=AxisAlignment.ALIGN_MID,
        margins=Margins(6, 6, 4, 4),
        inner_content_scaling=InnerScaling.SHRINK_TO_FIT,
    )
    tight = SimpleBoxLayoutRule(
        x_align=AxisAlignment.ALIGN_MIN, y_align=AxisAlignment.ALIGN_MID, margins=Margins(0, 0, 0, 0)
    )
    text = TextBoxStyle(
        box_layout_rule=tight, font=_OwnFont(stamp.font), font_size=_LETTERS, leading=_LETTERS + 2, text_color=_INK
    )
    return TextStampStyle(
        border_width=1,
        border_color=_INK,
        background=paper,
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
