"""``python -m models.books.verification FILE``: judge an exported book where there is no database and no set-up."""

import argparse
import json
import sys
from pathlib import Path

from models.books.verification.faults import sentence
from models.books.verification.files import read_keys, read_rows
from models.books.verification.judging import judge
from models.books.verification.seals import read_outside_seal

WRONG = 4


def main() -> int:
    """Judge one file.

    Returns:
        0 when all is right, 4 when something is wrong, 2 for files that cannot be read.
    """
    parser = argparse.ArgumentParser(prog="python -m models.books.verification", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="written by: xuqiao ledger export")
    parser.add_argument("--keys", type=Path, metavar="DIR", help="folder of the public keys (*.pub) that are trusted")
    parser.add_argument("--seal", type=Path, metavar="FILE", action="append", default=[], help="a seal kept elsewhere")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    try:
        keys = read_keys(asked.keys) if asked.keys else None
        outside = [read_outside_seal(path) for path in asked.seal]
        asked.file.open("rb").close()
    except (OSError, ValueError) as error:
        parser.error(str(error))
    verdict = judge(read_rows(asked.file), keys, outside)
    said = [sentence(fault, asked.lang) for fault in verdict.faults]
    if asked.json:
        print(json.dumps({**verdict._asdict(), "faults": said}, ensure_ascii=False, indent=2))
    else:
        print(f"{verdict.book}: {verdict.vouchers} · {verdict.last_seq} · {verdict.head_hash}", *verdict.keys, sep="\n")
        print("\n".join(said) or "OK")
    return WRONG if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
