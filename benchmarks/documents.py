"""What the agreement of a bridged case costs, and all its papers, beside Typst on the same text in the same run.

Run it without arguments, or with ``--quick`` or ``--smoke``. The last line is one JSON object:

``{"agreement_ms", "agreement_kb", "typst_ms", "ratio", "case_cpu_s"}``

``agreement_ms`` is the median warm time of the tripartite agreement without guarantors (PDF/A-3a, tagged, facts
embedded, QR, places to sign), ``agreement_kb`` its size in thousands of bytes. ``typst_ms`` is Typst with a new
compiler each time, from the same text, in the same font, to a plain PDF: no tables, no header, no embedded file. Typst
remembers in its process what it has laid out, also for a new compiler; each time the type is a hair larger, so that it
sets the text anew, as we do. The two take turns, so that the noise of the machine falls on both; ``ratio`` is agreement
over Typst. ``case_cpu_s`` is the processor time of all papers of a bridged case with guarantors and a committee.

A press remembers lines it has set; so each time the case is another's, with other names, numbers and amounts.
"""

import html
import json
import re
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import typst

from activities.papers.press import Press
from activities.papers.press.office import bundled_dir
from activities.papers.press.sample import SAMPLE
from benchmarks.length import of_length
from rulebook.papers.facts import PaperData
from rulebook.papers.kinds import DocumentKind, before_payment, on_release_day

AGREEMENT = DocumentKind.TRIPARTITE_AGREEMENT
CASE = (
    *before_payment(None, None, guarantors=True),
    *on_release_day(None),
    DocumentKind.SETTLEMENT_CERTIFICATE,
    DocumentKind.ARCHIVE_INDEX,
)
MILLI = 1000
_BLOCK_ENDS = re.compile(r"</(?:p|h1|h2|td|th|div|li)>|<br>")
_SPECIAL = re.compile(r"([\\#$*_`<>@\[\]~/=+-])")
_NAMES = "安康顺和兴隆昌盛丰瑞祥泰恒信达通宏远华光"
"""For names of two characters; some of them are in our papers' own words, as in any name."""
_LONG_NUMBER = re.compile(r"[0-9]{6}")
_OTHER_DIGITS = str.maketrans("0123456789", "3804726915")


def another(turn: int) -> PaperData:
    """The sample as a case of another borrower, at another bank, for other amounts.

    Args:
        turn: each below 400 gives another case.
    """
    place, person = _NAMES[turn % 20] + _NAMES[(turn + 7) % 20], _NAMES[turn // 20 % 20] + _NAMES[(turn + 3) % 20]

    def changed(value: object) -> object:
        match value:
            case str():
                text = value.replace("石湖", place).replace("石犇", person).replace("苏北", place)
                return text.translate(_OTHER_DIGITS) if turn % 2 and _LONG_NUMBER.search(text) else text
            case dict():
                return {
                    name: item + turn * 1_234_567 if name.endswith("_fen") and isinstance(item, int) else changed(item)
                    for name, item in value.items()
                }
            case tuple():
                return tuple(map(changed, value))
            case _:
                return value

    return PaperData.model_validate(changed(SAMPLE.model_dump()))


def text_of(page: str) -> list[str]:
    """The paragraphs of a paper: what is printed in its blocks and cells."""
    body = page[page.index("<body") :]
    blocks = (html.unescape(re.sub(r"<[^>]*>", "", block)) for block in _BLOCK_ENDS.split(body))
    return [block for block in (" ".join(block.split()) for block in blocks) if block]


def typst_source(paragraphs: list[str], turn: int) -> str:
    """The same text on the same paper, in the same font and, but for a hair, the same size."""
    rules = (
        '#set page(paper: "a4", margin: (top: 25mm, bottom: 24mm, left: 26mm, right: 24mm))\n'
        f'#set text(font: "Noto Serif SC", size: {10.5 + turn / 10_000:.4f}pt, lang: "zh", region: "cn")\n'
        "#set par(justify: true)\n\n"
    )
    return rules + "\n\n".join(_SPECIAL.sub(r"\\\1", paragraph) for paragraph in paragraphs)


def typst_ms(source: Path, paragraphs: list[str], turn: int) -> float:
    """One compilation by a compiler of its own, in milliseconds."""
    source.write_text(typst_source(paragraphs, turn), encoding="utf-8")
    begun = perf_counter()
    compiler = typst.Compiler(str(source), font_paths=[str(bundled_dir() / "fonts")], ignore_system_fonts=True)
    pdf = compiler.compile(format="pdf")
    took = MILLI * (perf_counter() - begun)
    assert isinstance(pdf, bytes)
    return took


def main() -> None:
    rounds, cases = of_length((25, 8), quick=(5, 3), smoke=(1, 1))
    press = Press()
    facts = SAMPLE.model_copy(update={"guarantors": ()})
    paper = press.render(AGREEMENT, facts)
    paragraphs = text_of(press.page(AGREEMENT, facts, data_digest=paper.data_digest))
    agreement, beside = [], []
    with TemporaryDirectory() as folder:
        source = Path(folder) / "agreement.typ"
        typst_ms(source, paragraphs, 0)
        for turn in range(1, rounds + 1):
            alone = another(turn).model_copy(update={"guarantors": ()})
            begun = perf_counter()
            press.render(AGREEMENT, alone)
            agreement.append(MILLI * (perf_counter() - begun))
            beside.append(typst_ms(source, paragraphs, turn))
    case = []
    for kind in CASE:
        press.render(kind, SAMPLE)
    for turn in range(cases):
        facts = another(rounds + turn + 1)
        begun = process_time()
        for kind in CASE:
            press.render(kind, facts)
        case.append(process_time() - begun)
    ours, theirs = median(agreement), median(beside)
    print(f"agreement: {paper.pages} pages, {sum(map(len, paragraphs))} characters; {len(CASE)} papers of a case")
    print(f"fastest of {rounds}: agreement {min(agreement):.1f} ms, Typst {min(beside):.1f} ms")
    result = {
        "agreement_ms": round(ours, 1),
        "agreement_kb": round(len(paper.pdf) / 1000, 1),
        "typst_ms": round(theirs, 1),
        "ratio": round(ours / theirs, 2),
        "case_cpu_s": round(median(case), 2),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
