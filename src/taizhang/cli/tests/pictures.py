"""Pictures for the manual, small: the browser that drew a page counts its colours; written as a palette PNG."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

# Colours are rounded, as little as needed, until 256 are enough: screens of text lose nothing one can see.
SCRIPT = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = document.createElement("canvas");
  canvas.width = image.width; canvas.height = image.height;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const {data} = context.getImageData(0, 0, image.width, image.height);
  for (const step of [1, 5, 15, 17, 51]) {
    const palette = new Map(), pixels = new Uint8Array(data.length / 4);
    let at = 0;
    for (; at < pixels.length; at++) {
      const [r, g, b] = [0, 1, 2].map((c) => Math.round(data[4 * at + c] / step) * step);
      const colour = (r << 16) | (g << 8) | b;
      if (!palette.has(colour)) palette.set(colour, palette.size);
      if (palette.size > 256) break;
      pixels[at] = palette.get(colour);
    }
    if (at < pixels.length) continue;
    let text = "";
    for (let n = 0; n < pixels.length; n += 8192) text += String.fromCharCode(...pixels.subarray(n, n + 8192));
    return [image.width, image.height, [...palette.keys()], btoa(text)];
  }
}"""


def write(context: Any, png: bytes, path: Path) -> None:
    """Write a screenshot with at most 256 colours. `context`: a browser context to count them in."""
    page = context.new_page()
    try:
        width, height, palette, text = page.evaluate(SCRIPT, base64.b64encode(png).decode())
    finally:
        page.close()
    pixels = base64.b64decode(text)
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0))
        + _chunk(b"PLTE", b"".join(colour.to_bytes(3, "big") for colour in palette))
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
