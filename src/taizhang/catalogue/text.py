"""DuckDB expressions that make cells comparable: full-width to half-width, odd spaces, punctuation.

The costly replacements run only where a cheap test says that there is something to replace: most cells are clean.
"""

from __future__ import annotations

FULL = "".join(chr(0xFF01 + i) for i in range(94)) + "\u3000\u00a0\u2002\u2003\u2009\u202f。"
HALF = "".join(chr(0x21 + i) for i in range(94)) + "      ."
LETTERS = [i for i in range(94) if chr(0x21 + i).isalnum()]
FULL_LETTERS = "".join(chr(0xFF01 + i) for i in LETTERS) + "\u3000\u00a0\u2002\u2003\u2009\u202f"
HALF_LETTERS = "".join(chr(0x21 + i) for i in LETTERS) + "      "

INVISIBLE = r"[\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}\x{feff}\x00-\x1f\x7f]+"
CLEAN = r"^[\x21-\x7e\x{4e00}-\x{9fff}]+$"
PUNCTUATION = r"[\s()\[\]{}、,;:.·•/\\|\-—–_~“”\"'‘’`*□√☑✓■]+"
NOTHING = ("", "-", "--", "—", "——", "/", "\\", "N/A", "n/a", "NULL", "null")


def quoted(text: str) -> str:
    """A text as an SQL literal; only for constants of this package."""
    return "'" + text.replace("'", "''") + "'"


def tidy(column: str, *, letters_only: bool = False) -> str:
    """Half-width, visible, trimmed; what stands for nothing ("", "/", "—") is null.

    letters_only keeps Chinese punctuation as it is (addresses, remarks).
    """
    full, half = (FULL_LETTERS, HALF_LETTERS) if letters_only else (FULL, HALF)
    slow = f"trim(regexp_replace(translate({column}, {quoted(full)}, {quoted(half)}), {quoted(INVISIBLE)}, ' ', 'g'))"
    clean = f"CASE WHEN regexp_matches({column}, {quoted(CLEAN)}) THEN {column} ELSE {slow} END"
    return f"CASE WHEN ({clean}) IN ({', '.join(quoted(n) for n in NOTHING)}) THEN NULL ELSE ({clean}) END"


def key(column: str) -> str:
    """What two spellings of one wording have in common: no punctuation, no spaces, lower case, half-width."""
    return f"lower(regexp_replace(translate({column}, {quoted(FULL)}, {quoted(HALF)}), {quoted(PUNCTUATION)}, '', 'g'))"
