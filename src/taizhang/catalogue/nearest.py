"""The place somebody may have meant: names beneath the last one understood that look or sound alike.

青龙村 -> 清龙村民委员会 (sounds alike), 天合村 -> 天台村民委员会 (one sign differs). Works on the distinct wrong spellings of a batch.
"""

from __future__ import annotations

import unicodedata

import duckdb
import pyarrow as pa
from pypinyin import constants

MOST = 2_000  # wrong spellings looked at; beyond that the column is wrong, not a name
ALIKE = 0.6  # half shared signs, half Jaro-Winkler of the sounds, a tenth more for the same sound; one of two signs wrong gives about 0.7
CLEAR = 0.1  # by how much the best must lead to be offered in place of the cell
SHOWN = 3  # names in a message
SPREAD = 0.15  # how far behind the best they may be
TAIL = (
    "^(.+?)(村?村民委员会|村?村委会|社区居民委员会|社区居委会|居民委员会|居委会|社区|村"
    "|街道办事处|街道办|街道|[镇乡]人民政府|镇|乡|地区|林区|特区|新区|市|州|盟|县|区|旗|省)$"
)


def find(db: duckdb.DuckDBPyConnection, home: str) -> None:
    """Fill `nearest(col, idx, names, suggestion)` for the rows of `lost(col, idx, base, rest)`.

    `base`: code under which `rest` was not found. `divisions` as in `regions`. `names`: up to three, quoted; `suggestion`: what would be
    understood if it stood in the cell, only where one name leads clearly.
    """
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE wrong AS
            SELECT col, idx, base, rest, {_stem("rest")} AS stem FROM lost ORDER BY col, idx LIMIT {MOST}""")
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE likely AS
        WITH bases AS (SELECT DISTINCT w.base, d.level FROM wrong w JOIN divisions d ON d.code = w.base),
        below AS (SELECT b.base, b.level AS base_level, d.code, d.name, d.level, d.parent, {_stem("d.name")} AS stem
            FROM bases b JOIN divisions d ON starts_with(d.code, b.base) AND d.level > b.level AND d.level <= b.level + 2)
        SELECT base, code, level - base_level AS depth, name, stem FROM below
        UNION ALL SELECT l.base, l.code, l.level - l.base_level, l.name, u.name || l.stem
            FROM below l JOIN divisions u ON u.code = l.parent AND l.parent <> l.base""")
    db.register("signs", _signs(db))
    db.execute("""
        CREATE OR REPLACE TEMP TABLE spoken AS
        WITH words AS (SELECT stem FROM wrong UNION SELECT stem FROM likely),
        letters AS (SELECT stem, unnest(split(stem, '')) AS sign, generate_subscripts(split(stem, ''), 1) AS ord FROM words)
        SELECT stem, list_distinct(split(stem, '')) AS signs, string_agg(coalesce(s.sound, l.sign), '' ORDER BY ord) AS sound
        FROM letters l LEFT JOIN signs s USING (sign) GROUP BY stem""")
    db.execute(_verdict(), {"home": home[:6] if len(home) >= 6 else "~"})


def _stem(column: str) -> str:
    return f"regexp_replace({column}, '{TAIL}', '\\1')"


def _signs(db: duckdb.DuckDBPyConnection) -> pa.Table:
    """(sign, sound) of the signs in these names: first reading, without tones."""
    found = db.execute(
        "SELECT DISTINCT unnest(split(stem, '')) FROM (SELECT stem FROM wrong UNION SELECT stem FROM likely)"
    ).fetchall()
    spoken = {sign: constants.PINYIN_DICT.get(ord(sign), "").split(",")[0] for (sign,) in found if len(sign) == 1}
    plain = {
        sign: "".join(ch for ch in unicodedata.normalize("NFD", reading) if not unicodedata.combining(ch))
        for sign, reading in spoken.items()
        if reading
    }
    return pa.table({"sign": pa.array(list(plain), pa.string()), "sound": pa.array(list(plain.values()), pa.string())})


def _verdict() -> str:
    return f"""
        CREATE OR REPLACE TEMP TABLE nearest AS
        WITH pairs AS (
            SELECT w.col, w.idx, l.base, l.code, l.name, l.depth,
                max(len(list_intersect(a.signs, b.signs)) / (len(a.signs) + len(b.signs))
                    + jaro_winkler_similarity(a.sound, b.sound) / 2 + (a.sound = b.sound)::INTEGER / 10) AS score
            FROM wrong w JOIN likely l ON l.base = w.base JOIN spoken a ON a.stem = w.stem JOIN spoken b ON b.stem = l.stem
            GROUP BY ALL),
        ranked AS (SELECT *, row_number() OVER best AS place, first_value(score) OVER best AS top, lead(score) OVER best AS following
            FROM pairs WHERE score >= {ALIKE} WINDOW best AS (PARTITION BY col, idx ORDER BY score DESC, depth, code)),
        paths AS (
            SELECT r.code, string_agg(d.name, '' ORDER BY d.level) AS whole,
                string_agg(d.name, '' ORDER BY d.level) FILTER (WHERE d.level > 3) AS short
            FROM (SELECT DISTINCT code FROM ranked) r JOIN divisions d
                ON d.code IN (left(r.code, 2), left(r.code, 4), left(r.code, 6), left(r.code, 9), r.code)
            GROUP BY r.code)
        SELECT col, idx,
            '“' || string_agg(CASE WHEN depth > 1 AND u.code IS NOT NULL THEN u.name || r.name ELSE r.name END, '”或“' ORDER BY place)
                FILTER (WHERE place <= {SHOWN} AND score >= top - {SPREAD}) || '”' AS names,
            any_value(CASE WHEN starts_with(r.code, $home) AND p.short IS NOT NULL THEN p.short ELSE p.whole END)
                FILTER (WHERE place = 1 AND (following IS NULL OR following < top - {CLEAR})) AS suggestion
        FROM ranked r JOIN paths p USING (code)
            LEFT JOIN divisions d ON d.code = r.code LEFT JOIN divisions u ON u.code = d.parent
        GROUP BY col, idx"""
