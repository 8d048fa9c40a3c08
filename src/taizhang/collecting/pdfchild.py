"""The process that takes scanned PDF files apart: `python -m taizhang.collecting.pdfchild FILE OUT`.

It knows nothing of Django, limits itself before it reads, and writes `OUT/0001.jpg` and so on, a page each as a scanner would give it. Its answer
is in `OUT/answer.json`: {"pages": n}, or {"refused": "damaged" | "too_large" | "too_many"}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from taizhang.engine.child import limit

MEMORY = 3 << 29  # bytes of address space
CPU_SECONDS = 120
OUTPUT = 12 << 20  # of one page
DOTS_PER_INCH = 200
LONGEST = 24.0  # inches; A2 has 23.4
MOST_PAGES = 100
QUALITY = 80


def main(path: Path, out: Path) -> None:
    limit(MEMORY, CPU_SECONDS, OUTPUT)
    try:
        answer: dict[str, int | str] = {"pages": apart(path, out)}
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "too_large"}
    (out / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


class Refused(Exception):
    """ "damaged" (also locked by a password), "too_large" or "too_many"."""


def apart(path: Path, out: Path) -> int:
    """Draw every page; how many there are. Raises Refused."""
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(path) as opened:
            if len(opened) > MOST_PAGES:
                raise Refused("too_many")
            for number in range(len(opened)):
                page = opened[number]
                if max(page.get_size()) > LONGEST * 72:
                    raise Refused("too_large")
                drawn = page.render(scale=DOTS_PER_INCH / 72, grayscale=True).to_pil()
                drawn.save(out / f"{number + 1:04}.jpg", quality=QUALITY)
                page.close()
            return len(opened)
    except pypdfium2.PdfiumError as error:
        raise Refused("damaged") from error


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
