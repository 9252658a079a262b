"""What the agreement of a bridged case costs, and all its papers, beside Typst on the same text in the same run.

Run it without arguments, or with ``--quick`` or ``--smoke``. The last line is one JSON object:

``{"agreement_ms", "agreement_kb", "typst_ms", "ratio", "case_cpu_s"}``

``agreement_ms`` is the median warm time of the tripartite agreement without guarantors (PDF/A-3a, tagged, facts
embedded, QR, places to sign), ``agreement_kb`` its size in thousands of bytes. ``typst_ms`` is Typst with a new
compiler each time, from the same text, in the same font, to a plain PDF: no tables, no header, no embedded file. Typst
remembers in its process what it has laid out, also for a new compiler; each time the type is a hair larger, so that it
sets the text anew, as we do. The two take turns, so that the noise of the machine falls on both; ``ratio`` is agreement
over Typst. ``case_cpu_s`` is the processor time of all papers of a bridged case with guarantors and a committee.
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
            begun = perf_counter()
            press.render(AGREEMENT, facts)
            agreement.append(MILLI * (perf_counter() - begun))
            beside.append(typst_ms(source, paragraphs, turn))
    case = []
    for kind in CASE:
        press.render(kind, SAMPLE)
    for _ in range(cases):
        begun = process_time()
        for kind in CASE:
            press.render(kind, SAMPLE)
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
