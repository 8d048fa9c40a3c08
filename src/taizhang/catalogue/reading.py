"""What cells mean, as DuckDB queries: one per kind of item, over the distinct spellings of a batch.

Every query reads `source(col INTEGER, idx INTEGER, raw VARCHAR)` and `fields(col, label, unit, size, digits, scale,
choices)`
and yields, ordered by col and idx: `value` (typed), `problem` (Chinese, null when read), `severity`, `suggestion`
(text).
A null value without a problem is an empty cell.
"""

from __future__ import annotations

from .text import key, quoted, tidy

ORDER = "ORDER BY col, idx"

DATE_PARTS = r"^(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})?[日号]?)?$"
TIME = r"[ T]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?Z?$"
NUMBER_NOISE = r"[\s,¥￥$]|人民币|周岁|个月|[元月天日次岁年/]|块钱?"
# DuckDB wants the places of a decimal's rounding as a constant.
ROUNDED = (
    "CASE scale WHEN 0 THEN round(value, 0) WHEN 1 THEN round(value, 1) WHEN 2 THEN round(value, 2) ELSE value END"
)
SPLIT = r"[、,;\s/|+]+"
MONTH_SPLIT = r"[、,;\s]+|和|及"
MONTH = r"^(?:(\d{4})[-/.年]?)?(\d{1,2})(?:月份?(?:\d{1,2}[日号])?|[-/.]\d{1,2})?$"


def text_query() -> str:
    """Texts: half-width letters and digits, no invisible characters, not longer than the item allows."""
    return f"""
        SELECT col, idx, value, CASE WHEN length(value) > size THEN
            '读到 ' || length(value) || ' 个字，“' || label || '”最多 ' || size || ' 个字。请缩短' END AS problem,
            'error' AS severity, CASE WHEN length(value) > size THEN left(value, size) END AS suggestion
        FROM (SELECT col, idx, {tidy("raw", letters_only=True)} AS value FROM source) JOIN fields USING (col) {ORDER}"""


def name_query() -> str:
    """Names of people: no spaces between characters, one kind of middle dot."""
    tidied = tidy("raw", letters_only=True)
    return f"""
        SELECT col, idx, value, CASE WHEN regexp_matches(value, '[0-9?？*＊]') THEN
            '读到“' || value || '”，“' || label || '”里有数字或问号、星号。按身份证写全名' END AS problem,
            'error' AS severity, NULL::VARCHAR AS suggestion
        FROM (SELECT col, idx, CASE
            WHEN regexp_matches(tidied, '[ •・．.‧∙]') AND NOT regexp_matches(tidied, '[A-Za-z]')
            THEN regexp_replace(regexp_replace(tidied, '\\s+', '', 'g'), '[•・．.‧∙]', '·', 'g') ELSE tidied END
                AS value
            FROM (SELECT col, idx, {tidied} AS tidied FROM source)) JOIN fields USING (col) {ORDER}"""


def phone_query() -> str:
    """Telephone numbers: digits only for mobiles, area code and dash kept for landlines."""
    return f"""
        SELECT col, idx, CASE WHEN regexp_full_match(bare, '1[0-9]{{10}}') THEN bare ELSE kept END AS value,
            CASE WHEN regexp_matches(kept, '[0-9]E[+]?[0-9]') THEN
                '读到“' || kept || '”，被变成了科学计数。把这一列设成“文本”格式，重新填写 11 位手机号码' END AS problem,
            'error' AS severity, NULL::VARCHAR AS suggestion
        FROM (SELECT col, idx, kept, regexp_replace(regexp_replace(regexp_replace(
                kept, '[^0-9]', '', 'g'), '^(0086|86)(1[0-9]{{10}})$', '\\2'), '^(1[0-9]{{10}})0$', '\\1') AS bare
            FROM (SELECT col, idx, upper(regexp_replace({tidy("raw")}, '[\\s''“”"]', '', 'g')) AS kept
                FROM source)) {ORDER}"""


def choice_query(value: str = "code") -> str:
    """One choice of a list, or yes/no (`value` turns the code into the column's value). Reads `words(col, word_key,
    code)`."""
    return f"""
        SELECT col, idx, {value} AS value,
            CASE WHEN spelling IS NOT NULL AND code IS NULL THEN
                '读到“' || spelling || '”，“' || label || '”没有这个选项。可填：' || choices END AS problem,
            'error' AS severity, NULL::VARCHAR AS suggestion
        FROM (SELECT col, idx, spelling, {key("spelling")} AS word_key
            FROM (SELECT col, idx, {tidy("raw")} AS spelling FROM source))
        LEFT JOIN words USING (col, word_key) JOIN fields USING (col) {ORDER}"""


def several_query(separated: dict[str, str]) -> str:
    """Several choices in one cell. `separated`: wordings that contain a separator -> the same without it."""
    whole = tidy("raw")
    for word, joined in separated.items():
        whole = (
            f"replace({whole}, {quoted(word)}, {quoted(joined)})"
            if whole != tidy("raw")
            else f"replace(({whole}), {quoted(word)}, {quoted(joined)})"
        )
    return f"""
        WITH cells AS (SELECT col, idx, {whole} AS spelling FROM source),
        exact AS (SELECT col, idx, spelling, code FROM (SELECT *, {key("spelling")} AS word_key FROM cells)
            LEFT JOIN words USING (col, word_key)),
        pieces AS (SELECT col, idx, unnest(list_distinct(list_filter(regexp_split_to_array(spelling,
            {quoted(SPLIT)}), lambda x: x <> ''))) AS piece
            FROM exact WHERE code IS NULL AND spelling IS NOT NULL),
        found AS (SELECT col, idx, list_sort(list_distinct(list(code) FILTER (code IS NOT NULL))) AS codes,
            string_agg(piece, '、') FILTER (code IS NULL) AS unknown
            FROM (SELECT *, {key("piece")} AS word_key FROM pieces) LEFT JOIN words USING (col, word_key)
            GROUP BY col, idx)
        SELECT col, idx, CASE WHEN code IS NOT NULL THEN [code] WHEN unknown IS NULL AND len(codes) > 0 THEN codes END
            AS value,
            CASE WHEN unknown IS NOT NULL THEN '读到“' || spelling || '”，“' || unknown || '”不是“' || label
                || '”的选项。可填：' || choices || '；多项用顿号隔开' END AS problem,
            'error' AS severity, NULL::VARCHAR AS suggestion
        FROM exact LEFT JOIN found USING (col, idx) JOIN fields USING (col) {ORDER}"""


def date_query(*, month: bool = False) -> str:
    """Dates in the usual spellings, Excel's day number among them; `month`: only year and month are kept."""
    example = "2020-03 或 2020年3月" if month else "2020-03-15 或 2020年3月15日"
    wanted = "年月" if month else "日期"
    result = "date_trunc('month', day)::DATE" if month else "day"
    return f"""
        SELECT col, idx, CASE WHEN year(day) BETWEEN 1900 AND 2100 THEN {result} END AS value,
            CASE WHEN spelling IS NULL OR year(day) BETWEEN 1900 AND 2100 THEN NULL
                WHEN regexp_full_match(spelling, '\\d{{4}}年?') THEN
                    '读到“' || spelling || '”，只有年份。“' || label || '”要写到月，如 ' || spelling[1:4] || '-06'
                ELSE '读到“' || spelling || '”，不是能用的{wanted}。“' || label || '”写成 {example}' END AS problem,
            'error' AS severity, NULL::VARCHAR AS suggestion
        FROM (SELECT col, idx, spelling, CASE
                WHEN regexp_full_match(spelling, '\\d{{8}}')
                    THEN TRY_CAST(spelling[1:4] || '-' || spelling[5:6] || '-' || spelling[7:8] AS DATE)
                WHEN regexp_full_match(spelling, '\\d{{6}}') THEN TRY_CAST(spelling[1:4] || '-' || spelling[5:6]
                    || '-01' AS DATE)
                WHEN regexp_full_match(spelling, '[1-7]\\d{{4}}(\\.\\d+)?')
                    THEN DATE '1899-12-30' + TRY_CAST(spelling[1:5] AS INTEGER)
                WHEN part.y <> '' THEN TRY_CAST(part.y || '-' || lpad(part.m, 2, '0') || '-'
                    || lpad(coalesce(nullif(part.d, ''), '1'), 2, '0') AS DATE) END AS day
            FROM (SELECT col, idx, spelling, regexp_extract(spelling, {quoted(DATE_PARTS)}, ['y', 'm', 'd']) AS part
                FROM (SELECT col, idx, regexp_replace(regexp_replace({tidy("raw")}, {quoted(TIME)}, ''), '\\s+', '',
                    'g') AS spelling
                    FROM source))) JOIN fields USING (col) {ORDER}"""


def number_query() -> str:
    """Numbers with units, commas and 万; refused when the item holds fewer digits or decimals."""
    return f"""
        SELECT col, idx, CASE WHEN problem IS NULL THEN value END AS value, problem, 'error' AS severity,
            CASE WHEN problem IS NOT NULL AND abs(value) < ceiling THEN
                regexp_replace(CAST({ROUNDED} AS VARCHAR), '\\.?0+$', '') END AS suggestion
        FROM (SELECT *, CASE
                WHEN spelling IS NULL THEN NULL
                WHEN value IS NULL THEN '读到“' || spelling || '”，不是一个数。“' || label || '”只填数字'
                    || coalesce('，单位是' || unit, '')
                WHEN abs(value) >= ceiling THEN '读到“' || spelling || '”，这个数太大。“' || label
                    || '”检查一下小数点和单位'
                    || coalesce('（' || unit || '）', '')
                WHEN {ROUNDED} <> value THEN '读到“' || spelling || '”，“' || label || '”'
                    || CASE scale WHEN 0 THEN '要填整数' ELSE '最多 ' || scale || ' 位小数' END END AS problem
            FROM (SELECT col, idx, spelling, label, unit, scale, CAST(power(10, digits - scale) AS DOUBLE)
                AS ceiling, CASE
                    WHEN regexp_full_match(bare, '[-+]?\\d+(\\.\\d+)?(E[-+]?\\d+)?') THEN TRY_CAST(TRY_CAST(bare
                        AS DOUBLE) AS DECIMAL(24,6))
                    WHEN regexp_full_match(bare, '\\d+(\\.\\d+)?万') THEN TRY_CAST(replace(bare, '万', '')
                        AS DECIMAL(18,6)) * 10000
                    END AS value
                FROM (SELECT col, idx, spelling, upper(regexp_replace(spelling, {quoted(NUMBER_NOISE)}, '', 'g'))
                    AS bare
                    FROM (SELECT col, idx, {tidy("raw")} AS spelling FROM source)) JOIN fields USING (col))) {ORDER}"""


def months_query() -> str:
    """Sets of months: "2019-10、2019-11", "2019年10月、11月" (the year carries on), "2019年10月至2020年3月"."""
    dashes = "regexp_replace(replace(spelling, '份', ''), '至|到|~|—+', '至', 'g')"
    full = f"regexp_replace({dashes}, '(\\d{{4}}[./年]\\d{{1,2}}月?)-(\\d)', '\\1至\\2', 'g')"
    short = f"regexp_replace({full}, '(^|[年、,;\\s])(\\d{{1,2}}月?)-(\\d{{1,2}}月)', '\\1\\2至\\3', 'g')"
    return f"""
        WITH cells AS (SELECT col, idx, {tidy("raw")} AS spelling FROM source),
        lists AS (SELECT col, idx, list_filter(regexp_split_to_array({short},
            {quoted(MONTH_SPLIT)}), lambda x: x <> '') AS pieces
            FROM cells WHERE spelling IS NOT NULL),
        pieces AS (SELECT col, idx, unnest(pieces) AS piece, generate_subscripts(pieces, 1) AS pos FROM lists),
        ends AS (SELECT col, idx, pos, piece, contains(piece, '至') AS is_range,
            regexp_extract(split_part(piece, '至', 1), {quoted(MONTH)}, ['y', 'm']) AS a,
            regexp_extract(split_part(piece, '至', 2), {quoted(MONTH)}, ['y', 'm']) AS b FROM pieces),
        years AS (SELECT *, last_value(TRY_CAST(nullif(CASE WHEN is_range AND b.y <> '' THEN b.y ELSE a.y END, '')
            AS INTEGER) IGNORE NULLS)
            OVER (PARTITION BY col, idx ORDER BY pos ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS carried
                FROM ends),
        starts AS (SELECT *, coalesce(TRY_CAST(nullif(a.y, '') AS INTEGER), carried) AS y1, TRY_CAST(nullif(a.m, '')
            AS INTEGER) AS m1,
            TRY_CAST(nullif(b.m, '') AS INTEGER) AS m2 FROM years),
        days AS (SELECT col, idx, pos, piece, is_range, TRY_CAST(y1 || '-' || lpad(m1::VARCHAR, 2, '0') || '-01'
            AS DATE) AS first,
            TRY_CAST(coalesce(TRY_CAST(nullif(b.y, '') AS INTEGER), y1 + CASE WHEN m2 < m1 THEN 1 ELSE 0 END)
                || '-' || lpad(m2::VARCHAR, 2, '0') || '-01' AS DATE) AS last FROM starts),
        spans AS (SELECT col, idx, piece, CASE
            WHEN NOT is_range AND year(first) BETWEEN 1990 AND 2100 THEN [first]
            WHEN is_range AND year(first) BETWEEN 1990 AND 2100 AND last >= first AND last < first + INTERVAL 36 MONTH
                THEN CAST(generate_series(first::TIMESTAMP, last::TIMESTAMP, INTERVAL 1 MONTH) AS DATE[]) END
                    AS months FROM days),
        found AS (SELECT col, idx, list_sort(list_distinct(flatten(list(months) FILTER (months IS NOT NULL))))
            AS months,
            string_agg(piece, '、') FILTER (months IS NULL) AS unread FROM spans GROUP BY col, idx)
        SELECT col, idx, CASE WHEN unread IS NULL AND len(months) > 0 THEN months END AS value,
            CASE WHEN unread IS NOT NULL THEN '读到“' || spelling || '”，“' || unread || '”看不出是哪年哪月。“' || label
                || '”写成 2019-10、2019-11，用顿号隔开' END AS problem,
            'error' AS severity, NULL::VARCHAR AS suggestion
        FROM cells LEFT JOIN found USING (col, idx) JOIN fields USING (col) {ORDER}"""


def id_query() -> str:
    """Identity numbers that are 18 well-formed characters after tidying; the rest have a null value and are read one
    by one."""
    noise = "[\\s''’‘`´“”\".,，。·_:：;；()（）\\-—－\\[\\]]"
    slow = f"upper(regexp_replace(translate({tidy('raw')}, '×ΧХхχ', 'XXXXX'), '{noise}', '', 'g'))"
    return f"""
        SELECT col, idx, CASE WHEN regexp_full_match(number, '[0-9]{{17}}[0-9X]') THEN number END AS value,
            NULL::VARCHAR AS problem,
            'error' AS severity, NULL::VARCHAR AS suggestion
        FROM (SELECT col, idx, CASE WHEN regexp_full_match(raw, '[0-9]{{17}}[0-9X]') THEN raw
            ELSE {slow} END AS number FROM source) {ORDER}"""
