"""Files made to deceive or to fell whoever verifies them, each out of a paper of ours by one trick."""

import io
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

HANDED = Path(__file__).parent / "hostile"
"""Files that once hung, felled or deceived the check; each is kept as it was handed in."""

Trick = Callable[[Pdf], None]


def changed(content: bytes, trick: Trick, **saving: object) -> bytes:
    """A paper after a trick."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        trick(pdf)
        pdf.save(out, **saving)  # type: ignore[arg-type]
    return out.getvalue()


def behind(drawn: bytes) -> Trick:
    """Draw something behind all that the first page shows."""
    return lambda pdf: pdf.pages[0].contents_add(Stream(pdf, drawn), prepend=False)


def replaced(old: bytes, new: bytes) -> Trick:
    """Draw the first page with some words of its drawing changed, once."""

    def trick(pdf: Pdf) -> None:
        content = pdf.pages[0].Contents.read_bytes()
        assert old in content
        pdf.pages[0].Contents = Stream(pdf, content.replace(old, new, 1))

    return trick


def _root(**entries: object) -> Trick:
    return lambda pdf: pdf.Root.update(Dictionary({f"/{name}": value for name, value in entries.items()}))


def _script(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))


def _named_script(pdf: Pdf) -> None:
    script = Dictionary(S=Name.JavaScript, JS=String("app.alert(1)"))
    pdf.Root.Names.JavaScript = Dictionary(Names=Array([String("a"), script]))


def _launch(pdf: Pdf) -> None:
    act = Dictionary(S=Name.Launch, F=String("calc.exe"))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 90, 90]), Border=Array([0, 0, 0]), A=act)
    pdf.pages[0].Annots = Array([pdf.make_indirect(link)])


def _xfa(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array(), XFA=Stream(pdf, b"<xdp/>"))


def _layers(pdf: Pdf) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("a")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary(OFF=Array([layer])))


def _hidden_part(pdf: Pdf) -> None:
    page = pdf.pages[0]
    page.Resources.Properties = Dictionary(L=pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("a"))))
    page.Contents = Stream(pdf, b"/OC /L BDC\n" + page.Contents.read_bytes() + b"\nEMC")


def _another_file(pdf: Pdf) -> None:
    pdf.attachments["invoice.exe"] = pikepdf.AttachedFileSpec(pdf, b"MZ", filename="invoice.exe")


def _picture(pdf: Pdf) -> None:
    picture = Stream(pdf, bytes(3))
    picture.update(
        Dictionary(
            Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8, ColorSpace=Name.DeviceRGB
        )
    )
    pdf.pages[0].Resources.XObject = Dictionary(P=pdf.make_indirect(picture))
    behind(b"q 300 0 0 300 80 300 cm /P Do Q")(pdf)


def _white_page(pdf: Pdf) -> None:
    pdf.pages[0].Contents = Stream(pdf, b"")


def _page_more(pdf: Pdf) -> None:
    pdf.pages.append(pdf.pages[0])


def _page_gone(pdf: Pdf) -> None:
    del pdf.pages[-1]


def _turned(pdf: Pdf) -> None:
    pdf.pages[0].Rotate = 180


def _cropped(pdf: Pdf) -> None:
    pdf.pages[0].CropBox = Array([0, 0, 595, 400])


def _widget(pdf: Pdf) -> None:
    field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=String("x"), Rect=Array([80, 300, 500, 500]))
    field.AP = Dictionary(N=Stream(pdf, b"1 g 0 0 420 200 re f"))
    made = pdf.make_indirect(field)
    pdf.pages[0].Annots = Array([made])
    pdf.Root.AcroForm = Dictionary(Fields=Array([made]))


def _width(pdf: Pdf) -> None:
    """Glyphs so narrow that all of a line stands on one spot."""
    for font in pdf.pages[0].Resources.Font.values():
        font.DescendantFonts[0].W = Array([0, 60000, 1])


def _read_otherwise(pdf: Pdf) -> None:
    """Figures that are read as others than are drawn: the fonts are untouched, what they are read as is not."""
    for font in pdf.pages[0].Resources.Font.values():
        table = font.ToUnicode.read_bytes().replace(b"<0034>", b"<FFFF>").replace(b"<0038>", b"<0034>")
        font.ToUnicode = Stream(pdf, table.replace(b"<FFFF>", b"<0038>"))


def _own_font(pdf: Pdf) -> None:
    """A font that no paper of ours is printed with, shown with one letter."""
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    pdf.pages[0].Resources.Font.Own = pdf.make_indirect(font)
    behind(b"BT /Own 20 Tf 100 400 Td (8,800,000.00) Tj ET")(pdf)


DECEIVING: Mapping[str, Trick] = {
    "script": _script,
    "named_script": _named_script,
    "launch": _launch,
    "xfa": _xfa,
    "layers": _layers,
    "hidden_part": _hidden_part,
    "another_file": _another_file,
    "picture": _picture,
    "white_page": _white_page,
    "page_more": _page_more,
    "page_gone": _page_gone,
    "turned": _turned,
    "cropped": _cropped,
    "form_field": _widget,
    "narrow_glyphs": _width,
    "read_otherwise": _read_otherwise,
    "own_font": _own_font,
    "cover": behind(b"\nq 1 g 0 0 600 900 re f Q"),
    "thick_line": behind(b"\nq 1 G 300 w 0 500 m 600 500 l S Q"),
    "white_text": replaced(b"0 0 0 rg\nBT", b"1 1 1 rg\nBT"),
    "invisible_text": replaced(b"BT\n", b"BT\n3 Tr\n"),
    "tiny_text": replaced(b" Tf\n", b" Tf\n/DROWRR 0.5 Tf\n"),
    "clipped": replaced(b"q\n", b"q\n0 0 10 10 re W n\n"),
    "see_through": replaced(b"/a1.0 gs", b"/none gs"),
    "inline_picture": behind(b"\nq 99 0 0 99 99 99 cm BI /W 1 /H 1 /BPC 8 /CS /G ID \xff EI Q"),
    "shading": behind(b"\n/Sh sh"),
    "curves": behind(b"\n0 g 10 10 m 10 20 20 20 20 10 c f"),
}
"""By name; each shows, or lets others show, something else than the paper says."""


def raw(objects: Mapping[int, bytes]) -> bytes:
    """A PDF out of the bytes of its objects; 1 is its catalog."""
    out, places = io.BytesIO(b"%PDF-1.7\n"), dict[int, int]()
    out.seek(0, io.SEEK_END)
    for number, body in objects.items():
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
    begin, size = out.tell(), max(objects) + 1
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    for number in range(1, size):
        out.write(b"%010d 00000 %b \n" % (places.get(number, 0), b"n" if number in places else b"f"))
    out.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, begin))
    return out.getvalue()


def _stream(content: bytes, entries: bytes = b"") -> bytes:
    packed = zlib.compress(content, 9)
    return b"<</Filter/FlateDecode/Length %d%b>>\nstream\n%b\nendstream" % (len(packed), entries, packed)


_CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"


def _one_page(content: bytes, resources: bytes = b"", **more: bytes) -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<%b>>>>" % resources
    objects = {1: _CATALOG, 2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>", 3: page, 4: _stream(content)}
    return raw(objects | {int(name[1:]): body for name, body in more.items()})


def _form(inner: bytes, resources: bytes = b"") -> bytes:
    return _stream(inner, b"/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<<%b>>" % resources)


def _pages(count: int, content: bytes) -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(4, 4 + count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 3 0 R/Resources<<>>>>"
    pages = dict.fromkeys(range(4, 4 + count), page)
    return raw({1: _CATALOG, 2: b"<</Type/Pages/Count %d/Kids[%b]>>" % (count, kids), 3: _stream(content)} | pages)


def _fields(count: int) -> bytes:
    fields = b" ".join(b"%d 0 R" % number for number in range(5, 5 + count))
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(a)/Rect[0 0 0 0]/V 4 0 R>>"
    signature = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>>>"
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%b]>>>>" % fields,
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>",
        4: signature,
    }
    return raw(objects | dict.fromkeys(range(5, 5 + count), field))


def _laughing_forms() -> bytes:
    """Forms that each draw the next one ten times, twelve deep."""
    forms = {f"o{number}": _form(b"/F Do " * 10, b"/XObject<</F %d 0 R>>" % (number + 1)) for number in range(5, 17)}
    return _one_page(b"/F Do " * 10, b"/XObject<</F 5 0 R>>", **forms, o17=_form(b"0 0 1 1 re f"))


FELLING: Mapping[str, Callable[[], bytes]] = {
    "operators": lambda: _pages(200, b"0 0 1 1 re f " * 150_000),
    "numbers": lambda: _one_page(b"1 " * 2_900_000),
    "long_number": lambda: _one_page(b"9" * 100_000 + b" w"),
    "bomb": lambda: _one_page(b" " * 60_000_000),
    "forms": _laughing_forms,
    "form_in_itself": lambda: _one_page(b"/F Do", b"/XObject<</F 5 0 R>>", o5=_form(b"/F Do", b"/XObject<</F 5 0 R>>")),
    "nested_arrays": lambda: _one_page(b"[" * 500_000),
    "open_states": lambda: _one_page(b"q " * 1_000_000),
    "open_string": lambda: _one_page(b"(" * 1_000_000),
    "pages_in_a_circle": lambda: raw({1: _CATALOG, 2: b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>"}),
    "many_pages": lambda: _pages(3000, b"n"),
    "signatures": lambda: _fields(60),
    "one_behind_another": lambda: raw({1: b"2 0 R", 2: b"3 0 R", 3: b"1 0 R"}),
    "far_reference": lambda: raw({1: _CATALOG, 2: b"<</Type/Pages/Count 99999999999999999999/Kids[3 0 R]>>"}),
    "many_paints": lambda: _one_page(b"0 0 595 842 re f " * 130_000),
}
"""By name; each costs far more than it is long."""
