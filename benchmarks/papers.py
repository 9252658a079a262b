"""How long a paper takes and what it weighs, beside an empty one-line page drawn by the same engine in the same run.

Run it without arguments, or with ``--quick``. The last line is one JSON object:

``{"baseline_ms", "papers": {kind: {"ms", "ratio", "kb", "pages"}}, "before_payment_ms", "bridged_case_ms",
"start_ms"}``

``ratio`` is a paper's time over the baseline's; the noise of the machine divides out of it. Times are medians of warm
renderings. ``before_payment_ms`` are the three papers of a bridged case that must be there before money leaves,
``bridged_case_ms`` those and the settlement certificate; ``start_ms`` is what a new process pays once.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from activities.press import Press
from activities.press.sample import SAMPLE
from rulebook.papers import DocumentKind

BEFORE_PAYMENT = (
    DocumentKind.RENEWAL_COMMITMENT,
    DocumentKind.TRIPARTITE_AGREEMENT,
    DocumentKind.TRANSFER_INSTRUCTION,
)
MILLI = 1000


def warm_ms(draw: Callable[[], object], rounds: int) -> float:
    """Median of several runs in milliseconds, after one that is not counted."""
    draw()
    times = []
    for _ in range(rounds):
        begun = perf_counter()
        draw()
        times.append(perf_counter() - begun)
    return MILLI * median(times)


def one_line() -> bytes:
    """The baseline: WeasyPrint with one line of Latin text and no font of ours."""
    from weasyprint import HTML
    from weasyprint.text.fonts import FontConfiguration

    pdf = HTML(string="<p>one line</p>").write_pdf(font_config=FontConfiguration())
    assert isinstance(pdf, bytes)
    return pdf


def main() -> None:
    rounds = 3 if "--quick" in sys.argv[1:] else 15
    begun = perf_counter()
    press = Press()
    press.render(DocumentKind.REFUSAL_NOTICE, SAMPLE)
    start_ms = MILLI * (perf_counter() - begun)
    baseline = warm_ms(one_line, rounds)
    papers = {}
    for kind in DocumentKind:
        paper = press.render(kind, SAMPLE)
        took = warm_ms(lambda kind=kind: press.render(kind, SAMPLE), rounds)  # type: ignore[misc]
        papers[kind.value] = {
            "ms": round(took, 1),
            "ratio": round(took / baseline, 2),
            "kb": round(len(paper.pdf) / 1000, 1),
            "pages": paper.pages,
        }
        print(
            f"{kind.value:24} {took:6.1f} ms {took / baseline:5.1f} x {len(paper.pdf) / 1000:6.1f} kB {paper.pages} p."
        )
    before = sum(papers[kind.value]["ms"] for kind in BEFORE_PAYMENT)
    certificate = papers[DocumentKind.SETTLEMENT_CERTIFICATE.value]["ms"]
    result = {
        "baseline_ms": round(baseline, 1),
        "papers": papers,
        "before_payment_ms": round(before, 1),
        "bridged_case_ms": round(before + certificate, 1),
        "start_ms": round(start_ms, 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
