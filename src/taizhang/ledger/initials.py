"""Pinyin initials of names for searching: 曾小林 -> ZXL. Set-based: one join on characters."""

from __future__ import annotations

import unicodedata
from functools import cache

import duckdb
import pyarrow as pa
from pypinyin import constants

# Characters read otherwise as a surname than in words.
SURNAMES = {
    "曾": "Z", "单": "S", "解": "X", "查": "Z", "仇": "Q", "区": "O",
    "朴": "P", "尉": "Y", "盖": "G", "任": "R", "覃": "Q", "乐": "Y",
    "缪": "M", "种": "C", "繁": "P", "翟": "Z",
    "宓": "F", "冼": "X", "洗": "X", "燕": "Y", "长": "Z", "万": "W", "澹": "T", "员": "Y",
    "秘": "B", "句": "G", "折": "S", "纪": "J",
    "晟": "C", "谌": "C", "召": "S", "黑": "H", "隗": "W", "阚": "K", "沈": "S", "石": "S",
}  # fmt: skip
COMPOUND = {"万俟": "MQ", "尉迟": "YC", "长孙": "ZS", "澹台": "TT", "单于": "CY"}


@cache
def letters() -> pa.Table:
    """`sign` -> `letter`: the first letter of each character's most usual reading; Latin letters stand for
    themselves."""
    found = {
        chr(code): unicodedata.normalize("NFD", readings)[:1].upper()
        for code, readings in constants.PINYIN_DICT.items()
    }
    found |= {chr(c): chr(c).upper() for c in (*range(65, 91), *range(97, 123))}
    usable = {sign: letter for sign, letter in found.items() if "A" <= letter <= "Z"}
    return pa.table({"sign": list(usable), "letter": list(usable.values())})


def initials(connection: duckdb.DuckDBPyConnection, relation: str, name: str = "full_name") -> duckdb.DuckDBPyRelation:
    """One row per distinct name of `relation`: `name`, `initials`; a sign nobody can read is left out.

    Compound surnames with a reading of their own go before single ones, these before the usual reading.
    """
    connection.register("initial_letters", letters())
    for register, words in (("initial_surnames", SURNAMES), ("initial_compounds", COMPOUND)):
        connection.register(register, pa.table({"word": list(words), "letters": list(words.values())}))
    return connection.sql(f"""
        WITH names AS (SELECT DISTINCT {name} AS name FROM {relation} WHERE {name} IS NOT NULL),
        headed AS (
          SELECT name, coalesce(c.letters, s.letters, '') AS head,
                 CASE WHEN c.word IS NOT NULL THEN 2 WHEN s.word IS NOT NULL THEN 1 ELSE 0 END AS taken
          FROM names LEFT JOIN initial_compounds c ON c.word = name[1:2] LEFT JOIN initial_surnames s ON s.word
            = name[1]
        ),
        signs AS (
          SELECT name, head, unnest(split(name[taken + 1 :], '')) AS sign,
            generate_subscripts(split(name[taken + 1 :], ''), 1) AS ord
          FROM headed
        )
        SELECT h.name, h.head || coalesce(string_agg(l.letter, '' ORDER BY s.ord), '') AS initials
        FROM headed h LEFT JOIN signs s USING (name) LEFT JOIN initial_letters l ON l.sign = s.sign
        GROUP BY h.name, h.head
    """)
