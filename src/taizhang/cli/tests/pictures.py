"""Pictures for the manual, small: the browser that drew a page counts its colours; written as a palette PNG."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

# The 256 commonest colours stay as they are (surfaces, text); the rest, edges of letters, go to the nearest of them.
SCRIPT = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = document.createElement("canvas");
  canvas.width = image.width; canvas.height = image.height;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const seen = new Map(), colours = new Uint32Array(image.width * image.height);
  const {data} = context.getImageData(0, 0, image.width, image.height);
  for (let n = 0; n < colours.length; n++) {
    colours[n] = (data[4 * n] << 16) | (data[4 * n + 1] << 8) | data[4 * n + 2];
    seen.set(colours[n], (seen.get(colours[n]) || 0) + 1);
  }
  const palette = [...seen].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([colour]) => colour);
  const parts = (colour) => [colour >> 16, (colour >> 8) & 255, colour & 255];
  const distance = (a, b) => parts(a).reduce((sum, part, n) => sum + (part - parts(b)[n]) ** 2, 0);
  const place = new Map(palette.map((colour, n) => [colour, n]));
  for (const colour of seen.keys()) if (!place.has(colour)) {
    let best = 0;
    for (let n = 1; n < palette.length; n++) if (distance(colour, palette[n]) < distance(colour, palette[best])) best = n;
    place.set(colour, best);
  }
  const pixels = Uint8Array.from(colours, (colour) => place.get(colour));
  let text = "";
  for (let n = 0; n < pixels.length; n += 8192) text += String.fromCharCode(...pixels.subarray(n, n + 8192));
  return [image.width, image.height, palette, btoa(text)];
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
