"""Citizen identity numbers (GB 11643-1999): reading what people paste, checking, and likely repairs.

18 characters: 6 region of first registration, 8 birth date, 3 sequence (odd = male), 1 check character (ISO 7064 MOD
11-2).
The region is never a reason to refuse: many people carry codes of counties abolished long ago.
Bulk work is SQL; Python reads a form's few numbers and repairs those that failed.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from .session import FEW, fetch

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
SHAPE = re.compile(r"\d{17}[\dX]")
NOISE = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\u2060\ufeff'’‘`´\"“”.,，。·\-—－_:：;；()（）\[\]]")
DAMAGED = re.compile(r"\d(?:\.\d+)?E\+?\d{2}", re.IGNORECASE)
FULL = str.maketrans(
    {chr(0xFF01 + i): chr(0x21 + i) for i in range(94)}
    | {"\u3000": " ", "×": "X", "Χ": "X", "Х": "X", "х": "X", "χ": "X"}
)
OLDEST_DAY = dt.date(1900, 1, 1)

DISABILITY_TYPES = "1234567"
DISABILITY_LEVELS = "1234"


def check_character(first17: str) -> str:
    """The 18th character that belongs to 17 digits."""
    return CHECKS[sum(w * int(d) for w, d in zip(WEIGHTS, first17, strict=True)) % 11]


def birth_of(number: str) -> dt.date | None:
    """Birth date written in an 18-character number; None for an impossible one."""
    try:
        return dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def is_valid(number: str, on: dt.date | None = None) -> bool:
    """Shape, possible birth date and check character; with `on`, the birth lies between 1900 and that day."""
    birth = birth_of(number) if SHAPE.fullmatch(number) else None
    if birth is None or (on is not None and not OLDEST_DAY <= birth <= on):
        return False
    return check_character(number[:17]) == number[17]


def convert_15(number: str) -> str:
    """The 18-character form of a 15-digit number: the century 19 inserted, the check character added."""
    first17 = number[:6] + "19" + number[6:]
    return first17 + check_character(first17)


def repairs(number: str, on: dt.date | None = None) -> list[str]:
    """Valid numbers that differ by one character or by one swap of neighbours, likeliest first.

    The order: swaps (the commonest slip), then the check character, then other digits from right to left,
    because the sequence and date are typed with less care than the well-known region. Region digits last.
    """
    if not SHAPE.fullmatch(number):
        return []
    swapped = [
        number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(17) if number[i] != number[i + 1]
    ]
    last = [number[:17] + check_character(number[:17])]
    found = (*swapped, *last, *_one_digit_changed(number))
    return list(dict.fromkeys(one for one in found if one != number and is_valid(one, on)))


def _one_digit_changed(number: str) -> list[str]:
    """Numbers with one of the first 17 digits changed so that the check character fits, from right to left.

    At each place at most two digits shift the weighted sum by what is missing modulo 11, so few need trying.
    """
    wanted = CHECKS.index(number[17])
    missing = (wanted - sum(w * int(d) for w, d in zip(WEIGHTS, number[:17], strict=True))) % 11
    return [
        f"{number[:i]}{digit}{number[i + 1 :]}"
        for i in range(16, -1, -1)
        for digit in range(10)
        if (WEIGHTS[i] * (digit - int(number[i])) - missing) % 11 == 0 and digit != int(number[i])
    ]


@dataclass(frozen=True)
class Identity:
    """A pasted number, read.

    Attributes:
        number: 18 characters, when that much could be read; it need not be valid.
        problem: None | empty | damaged | length15 | disability | length | letters | date | future | check
        message: Chinese, says what was read, what is expected, how to put it right.
        suggestions: valid numbers that may be meant.
        disability: (type, level) split off a 20 or 22 character disability certificate number.
    """

    number: str | None
    problem: str | None = None
    message: str | None = None
    suggestions: tuple[str, ...] = ()
    disability: tuple[str, str] | None = None
    demo: bool = False


MESSAGES = {
    "empty": "没有填身份证号码",
    "damaged": "读到“{raw}”：Excel 已把号码变成科学计数，后三位丢失，无法还原。"
    "把这一列设成“文本”格式，再按身份证重新填写 18 位",
    "rounded": "读到“{raw}”：末三位都是 0，像是被当作数字存过，后三位已丢失。"
    "把这一列设成“文本”格式，再按身份证重新填写",
    "length15": "读到 15 位的旧号码，应为 18 位。按身份证填写现在的 18 位号码，可能是 {first}",
    "disability": "读到 {size} 位，像是残疾人证号（身份证号码加残疾类别、等级）。"
    "已取前 18 位作身份证号码，请核对残疾类别、等级",
    "length": "读到 {size} 位“{raw}”，应为 18 位。对照身份证补全或删去多余的字",
    "letters": "读到“{raw}”，身份证号码只能是数字，最后一位可以是 X。对照身份证改正",
    "date": "第 7—14 位“{date}”不是一个日期。对照身份证检查出生年月日",
    "future": "第 7—14 位“{date}”的出生日期不可能（早于 1900 年或在今天之后）。对照身份证检查出生年月日",
    "check": "校验位不对：按前 17 位，最后一位应为 {check}，读到 {last}。对照身份证检查有没有写错或写反",
}


def read_id(raw: str | None, *, on: dt.date | None = None, convert: bool = False, suggest: bool = True) -> Identity:
    """Read one pasted number. The same steps as `reading_sql`, for one value and with suggestions."""
    text = NOISE.sub("", (raw or "").strip().translate(FULL)).upper()
    kept = (raw or "").strip().translate(FULL).replace(" ", "").upper()
    if kept.startswith("'"):
        kept = kept[1:]
    if not text:
        return Identity(None, "empty", MESSAGES["empty"])
    if DAMAGED.fullmatch(kept):
        return _told(None, "damaged", raw=(raw or "").strip())
    if re.fullmatch(r"\d{15,18}\.0+", kept):
        text = kept.split(".")[0]
    if re.fullmatch(r"\d{15}", text):
        number = convert_15(text)
        if birth_of(number) is None:
            return _told(None, "length", raw=text, size=15)
        return Identity(number) if convert else _told(None, "length15", (number,), first=number)
    if len(text) in (20, 22) and SHAPE.fullmatch(text[:18]):
        found = (text[18], text[19]) if text[18] in DISABILITY_TYPES and text[19] in DISABILITY_LEVELS else None
        told = _told(text[:18], "disability", size=len(text))
        return Identity(told.number, told.problem, told.message, (), found)
    if len(text) != 18:
        return _told(None, "length", raw=text, size=len(text))
    if not SHAPE.fullmatch(text):
        return _told(None, "letters", raw=text)
    return _checked(text, on, suggest)


def _checked(text: str, on: dt.date | None, suggest: bool) -> Identity:
    """Birth date and check character of 18 well-formed characters."""
    if is_valid(text, on):
        return Identity(text, demo=text.startswith("99"))
    birth = birth_of(text)
    found = tuple(repairs(text, on)[:5]) if suggest else ()
    if text[14:] == "000" + text[17] and text.endswith("000"):
        return _told(text, "rounded", (), raw=text)
    if birth is None:
        return _told(text, "date", found, date=text[6:14])
    if on is not None and not OLDEST_DAY <= birth <= on:
        return _told(text, "future", found, date=text[6:14])
    return _told(text, "check", found, check=check_character(text[:17]), last=text[17])


def _told(number: str | None, problem: str, suggestions: tuple[str, ...] = (), **values: object) -> Identity:
    return Identity(
        number, problem, MESSAGES[problem].format(**values), suggestions, demo=bool(number and number.startswith("99"))
    )


# -- the same for whole columns ------------------------------------------------------------------------------------

VALID_SHAPE = "^[0-9]{17}[0-9X]$"


def check_sql(column: str) -> str:
    """DuckDB expression: the check character that belongs to the first 17 digits of a well-formed number (else null).

    Digits are taken from one integer by division: 17 substrings per row would cost six times as much.
    """
    number = f"TRY_CAST(left({column}, 17) AS BIGINT)"
    total = " + ".join(f"{w} * (({number} // {10 ** (16 - i)}) % 10)" for i, w in enumerate(WEIGHTS))
    return f"substr('{CHECKS}', CAST(({total}) % 11 AS INTEGER) + 1, 1)"


def birth_sql(column: str) -> str:
    """DuckDB expression: birth date in an 18-character number, null when impossible."""
    return (
        f"TRY_CAST(substr({column}, 7, 4) || '-' || substr({column}, 11, 2) || '-' || substr({column}, 13, 2) AS DATE)"
    )


SAYS = pa.schema([("valid", pa.bool_()), ("sex", pa.string()), ("birth_date", pa.date32())])


def says(db: duckdb.DuckDBPyConnection, numbers: pa.Array) -> pa.Table:
    """What well-formed numbers say, null where there is none: valid (the check character fits), sex, birth_date (null when impossible)."""
    if len(numbers) <= FEW:
        said = map(_says, numbers.to_pylist())
        return pa.Table.from_pylist([dict(zip(SAYS.names, one, strict=True)) for one in said], SAYS)
    db.register("numbered", pa.table({"number": numbers}))
    valid = f"right(number, 1) = {check_sql('number')}"
    return fetch(
        db, f"SELECT {valid} AS valid, {sex_sql('number')} AS sex, {birth_sql('number')} AS birth_date FROM numbered"
    )


def _says(number: str | None) -> tuple[bool | None, str | None, dt.date | None]:
    if number is None:
        return None, None, None
    return check_character(number[:17]) == number[17], "21"[int(number[16]) % 2], birth_of(number)


def sex_sql(column: str) -> str:
    """DuckDB expression: sex by the 17th character, null when it is no digit."""
    digit = f"TRY_CAST(substr({column}, 17, 1) AS INTEGER)"
    return f"CASE {digit} % 2 WHEN 1 THEN '1' WHEN 0 THEN '2' END"
