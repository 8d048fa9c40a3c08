"""Typst in a process of its own: `python -m taizhang.engine.typesetter`, order on standard input, PDF on standard output.

Typst keeps what it has laid out, for the next run in the same process: two megabytes for every form of a long paper, which a
worker would never get back. People's data pass through pipes, not through files.
"""

from __future__ import annotations

import json
import sys

import typst


def main() -> None:
    order = json.load(sys.stdin.buffer)
    made = typst.compile(order["template"].encode(), format="pdf", sys_inputs=order["inputs"], pdf_tags=order["tagged"])
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
