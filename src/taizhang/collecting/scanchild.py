"""The process that opens other people's pictures: `python -m taizhang.collecting.scanchild FILE OUT`.

It knows nothing of Django, limits itself before it reads, and answers in `OUT/answer.json`: {"codes": [...]} with what the QR codes say,
or {"refused": "damaged" | "too_large"}.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from taizhang.engine.child import limit

MEMORY = 3 << 29  # bytes of address space
CPU_SECONDS = 30
OUTPUT = 1 << 20
LONGEST, PIXELS = 12_000, 64_000_000  # of a picture; said in its head, before anything is unpacked
WORKED = 3_000  # the longer side that is searched first: a code 16 mm wide on A4 then has 160 pixels
MOST_CODES, MOST_SIGNS = 20, 200


def main(path: Path, out: Path) -> None:
    limit(MEMORY, CPU_SECONDS, OUTPUT)
    try:
        answer = {"codes": read(path)}
    except Refused as refusal:
        answer = {"refused": [str(refusal)]}
    except MemoryError:
        answer = {"refused": ["too_large"]}
    (out / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


class Refused(Exception):
    """ "damaged" or "too_large"."""


def read(path: Path) -> list[str]:
    """What the QR codes in a picture say, each once. Raises Refused."""
    import zxingcpp
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # our own limit comes first and refuses, where Pillow's would only warn
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as opened:
            if max(opened.size) > LONGEST or opened.width * opened.height > PIXELS:
                raise Refused("too_large")
            opened.draft("L", (WORKED, WORKED))  # a JPEG is unpacked at half or a quarter where that is enough
            grey = ImageOps.exif_transpose(opened.convert("L"))
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow raises on broken files
        raise Refused("damaged") from error
    whole, small = grey, grey.copy()
    small.thumbnail((WORKED, WORKED))
    only = zxingcpp.barcode_formats_from_str("QRCode")
    for picture in (small, whole):
        found = zxingcpp.read_barcodes(picture, formats=only, try_downscale=True)
        told = list(dict.fromkeys(one.text[:MOST_SIGNS] for one in found if one.valid))
        if told or picture.size == whole.size:
            return told[:MOST_CODES]
    return []


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
