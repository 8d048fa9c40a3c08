"""Places by name: "浙江省温州市瑞安市", "云南楚雄牟定", "共和镇天台村" -> the code of the division.

A name is eaten from the left: each step takes the name (or short name) of a division beneath the last one; one level
may be
left out (云南牟定县), and the first step may begin at a prefecture or county, or inside the uploader's own unit.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from . import nearest
from .session import fetch
from .text import quoted, tidy

if TYPE_CHECKING:
    from .catalogue import Catalogue
    from .context import Context

WITHOUT_COUNTY = ("4419", "4420", "4604", "6202")  # towns directly under the city: 441900 is a county's code
LONGEST = 24  # characters of one name tried
VILLAGE_TAILS = ("村", "村委会", "村民委员会", "社区", "居委会", "社区居委会", "居民委员会", "社区居民委员会")
TOWN_TAILS = ("镇", "乡", "街道", "街道办", "街道办事处", "镇人民政府", "乡人民政府")
SEPARATORS = r"[\s/\\|、,;:.·>_()\-—–]+|^中国(大陆)?"
EMPTY = pa.schema({
    "code": pa.string(), "name": pa.string(), "level": pa.int32(), "parent": pa.string(), "match_key": pa.string(),
}).empty_table()  # fmt: skip

_names: dict[tuple[int, str], tuple[weakref.ref[pa.Table], pa.Table]] = {}


def names_table(db: duckdb.DuckDBPyConnection, catalogue: Catalogue, context: Context) -> pa.Table:
    """(anchor, word, code, level, exact): below `anchor` ('' = at the start) `word` means `code`. Kept as long as the
    tree is."""
    divisions = context.divisions if context.divisions is not None else EMPTY
    cached = _names.get((id(divisions), context.default_region or ""))
    if cached and cached[0]() is divisions:
        return cached[1]
    for old in [k for k, (ref, _) in _names.items() if ref() is None]:
        del _names[old]
    db.register("given_divisions", divisions)
    ethnic = "|".join(
        sorted(
            (w for c in catalogue.lists["CL-ETHNIC"].codes.values() for w in (c.label, *c.synonyms) if len(w) > 1),
            key=len,
            reverse=True,
        )
    )
    found = fetch(db, _names_query(ethnic, context.default_region or ""))
    abroad = [
        (word, code.code)
        for code in catalogue.lists["CL-COUNTRY"].codes.values()
        for word in (code.label, *code.synonyms)
    ]
    extra = pa.table({"anchor": [""] * len(abroad), "word": [w for w, _ in abroad], "code": [c for _, c in abroad],
                      "level": [1] * len(abroad), "exact": [1] * len(abroad)}, schema=found.schema)  # fmt: skip
    table = pa.concat_tables([found, extra])
    _names[(id(divisions), context.default_region or "")] = (weakref.ref(divisions), table)
    return table


def _names_query(ethnic: str, home: str) -> str:
    autonomous = f"({ethnic}|各族)+自治(州|县|旗)$"
    tails = "', '".join(VILLAGE_TAILS)
    towns = "', '".join(TOWN_TAILS)
    return f"""
        WITH plain AS (SELECT code, regexp_replace(name, '\\s', '', 'g') AS name, CAST(level AS INTEGER) AS level,
            parent,
                coalesce(nullif(match_key, ''), name) AS match_key FROM given_divisions),
        stems AS (SELECT *, CASE
                WHEN level >= 4 THEN match_key
                WHEN level = 1 THEN regexp_replace(name,
                    '(特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|省|市)$', '')
                WHEN regexp_matches(name, '自治(州|县|旗)$') THEN regexp_replace(name, {quoted(autonomous)}, '')
                ELSE regexp_replace(name, '(地区|林区|特区|新区|市|州|盟|县|区|旗)$', '') END AS stem FROM plain),
        words AS (
            SELECT code, level, parent, name AS word, 1 AS exact FROM stems
            UNION ALL SELECT code, level, parent, stem, 0 FROM stems WHERE length(stem) >= 2
            UNION ALL SELECT code, level, parent, stem || right(name, 1), 0 FROM stems
                WHERE level IN (2, 3) AND length(stem) >= 2 AND regexp_matches(name, '自治(州|县|旗)$')
            UNION ALL SELECT code, level, parent, stem || unnest(['{tails}']), 0 FROM stems WHERE level = 5
            UNION ALL SELECT code, level, parent, stem || unnest(['{towns}']), 0 FROM stems WHERE level = 4),
        anchored AS (
            SELECT parent AS anchor, word, code, level, exact FROM words WHERE parent IS NOT NULL AND parent <> ''
            UNION ALL SELECT p.parent, word, w.code, w.level, exact FROM words w JOIN plain p ON w.parent = p.code
                WHERE p.parent IS NOT NULL AND p.parent <> '' AND w.level <= 3
            UNION ALL SELECT '', word, code, level, exact FROM words
                WHERE level <= 3 OR (level = 4 AND length({quoted(home)}) >= 6 AND starts_with(code,
                    left({quoted(home)}, 6)))
                    OR (level = 5 AND length({quoted(home)}) >= 9 AND starts_with(code, left({quoted(home)}, 9))))
        SELECT anchor, word, code, level, max(exact) AS exact FROM anchored GROUP BY ALL"""


def read(db: duckdb.DuckDBPyConnection, catalogue: Catalogue, context: Context) -> pa.Table:
    """Read `source(col, idx, raw)` as places; same columns as the queries of `reading`."""
    db.register("place_names", names_table(db, catalogue, context))
    db.register("divisions", context.divisions if context.divisions is not None else EMPTY)
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE places AS SELECT col, idx, spelling, CASE WHEN regexp_full_match(bare,
            '[0-9]{{2,12}}') THEN bare END AS digits, bare
        FROM (SELECT col, idx, spelling, regexp_replace(spelling, {quoted(SEPARATORS)}, '', 'g') AS bare
            FROM (SELECT col, idx, {tidy("raw")} AS spelling FROM source))""")
    db.execute("""
        CREATE OR REPLACE TEMP TABLE paths AS SELECT col, idx, '' AS code, bare AS rest, 0 AS level, 0 AS exact, 0
            AS start, true AS open
        FROM places WHERE digits IS NULL AND bare <> ''""")
    for _ in range(5):
        if not _step(db):
            break
    home = context.default_region or ""
    db.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {_verdict()}", [home[:6] or "~", home[:2] or "~"])
    db.execute(
        """CREATE OR REPLACE TEMP TABLE lost AS
        SELECT col, idx, coalesce(code, $home) AS base, CASE WHEN code IS NULL THEN bare ELSE rest END AS rest FROM judged
        WHERE bare <> '' AND NOT good AND digits IS NULL AND coalesce(same_name, 1) = 1
            AND (code IS NOT NULL OR length($home) >= 6)""",
        {"home": home},
    )
    some = db.execute("SELECT EXISTS (FROM lost)").fetchone()
    if some and some[0]:
        nearest.find(db, home)
    else:
        db.execute("CREATE OR REPLACE TEMP TABLE nearest (col INTEGER, idx INTEGER, names VARCHAR, suggestion VARCHAR)")
    return fetch(db, _told())


def _step(db: duckdb.DuckDBPyConnection) -> bool:
    """Eat one more name from every open path; paths that end here stay as they are. False when nothing moved."""
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE eaten AS
        SELECT p.col, p.idx, n.code, substr(p.rest, p.size + 1) AS rest, n.level, p.exact + n.exact AS exact,
            CASE WHEN p.start = 0 THEN n.level ELSE p.start END AS start, length(p.rest) > p.size AS open
        FROM place_names n
        JOIN (SELECT *, unnest(range(1, least(length(rest), {LONGEST}) + 1)) AS size FROM paths WHERE open) p
            ON n.anchor = p.code AND n.word = left(p.rest, p.size)""")  # the few spellings are hashed, not all names
    moved = db.execute("SELECT count(*) FROM eaten").fetchone()
    db.execute("UPDATE paths SET open = false")
    db.execute("INSERT INTO paths SELECT * FROM eaten")
    return bool(moved and moved[0])


def _verdict() -> str:
    """Best path of each spelling: most eaten, then inside the uploader's county or province, then from the highest
    start."""
    town = "regexp_replace(regexp_replace(digits, '^(\\d{9})000$', '\\1'), '^(\\d{6})000$', '\\1')"
    city = f"regexp_replace(regexp_replace({town}, '^(\\d{{4}})00$', '\\1'), '^(\\d{{2}})00$', '\\1')"
    cut = f"CASE WHEN left(digits, 4) IN {WITHOUT_COUNTY!r} THEN {town} ELSE {city} END"
    return f"""
        WITH ranked AS (SELECT *, rank() OVER (PARTITION BY col, idx ORDER BY length(rest), NOT starts_with(code, ?),
            NOT starts_with(code, ?),
                start, exact DESC, level) AS place FROM paths WHERE code <> ''),
        best AS (SELECT col, idx, min(code) AS code, count(DISTINCT code) AS same_name, any_value(rest) AS rest
            FROM ranked WHERE place = 1 GROUP BY col, idx),
        parents AS (SELECT DISTINCT parent AS code FROM divisions),
        coded AS (SELECT col, idx, {cut} AS code FROM places WHERE digits IS NOT NULL),
        found AS (
            SELECT b.col, b.idx, b.code, b.same_name, b.rest, d.name, d.level, p.code IS NULL AS leaf
            FROM best b LEFT JOIN divisions d USING (code) LEFT JOIN parents p USING (code)
            UNION ALL
            SELECT c.col, c.idx, CASE WHEN d.code IS NOT NULL THEN c.code WHEN u.code IS NOT NULL
                AND length(c.code) IN (9, 12) AND p.code IS NULL THEN c.code END,
                1, '', d.name, d.level, false
            FROM coded c LEFT JOIN divisions d USING (code) LEFT JOIN divisions u ON u.code = left(c.code, 6) LEFT
                JOIN parents p ON p.code = left(c.code, 6)),
        SELECT p.col, p.idx, p.spelling, p.bare, p.digits, f.*,
            f.code IS NOT NULL AND f.same_name = 1
                AND (f.rest = '' OR (f.leaf AND f.level >= 3) OR left(f.code, 4) IN {WITHOUT_COUNTY!r}) AS good
        FROM places p LEFT JOIN (SELECT col AS fcol, idx AS fidx, * EXCLUDE (col, idx) FROM found) f
            ON p.col = f.fcol AND p.idx = f.fidx"""


def _told() -> str:
    """What each spelling of `judged` is, or why it is nothing and what it may have been."""
    return """
        SELECT col, idx, CASE WHEN good THEN code END AS value,
            CASE WHEN spelling IS NULL OR good THEN NULL
                WHEN code IS NULL THEN '读到“' || spelling || '”，没有找到这个地方' || perhaps || '“' || label
                    || '”从省写起，如 云南省楚雄州牟定县共和镇'
                WHEN same_name > 1 THEN '读到“' || spelling || '”，全国有 ' || same_name || ' 个同名的地方。“'
                    || label || '”请在前面写上省、市'
                ELSE '读到“' || spelling || '”，在“' || coalesce(name, '') || '”下没有找到“' || rest || '”' || perhaps
                    || '“' || label || '”对照区划表检查名称'
            END AS problem,
            'error' AS severity, suggestion
        FROM (SELECT j.*, n.suggestion, coalesce('，是不是' || n.names || '？', '。') AS perhaps
            FROM judged j LEFT JOIN nearest n USING (col, idx)) JOIN fields USING (col) ORDER BY col, idx"""
