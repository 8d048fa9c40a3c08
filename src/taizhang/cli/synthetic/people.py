"""Draws people, their work and three months of changes, as flat rows, in DuckDB: no Python per person.

Every draw is a hash of (person number, what is drawn, seed), so the same arguments always give the same people.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from taizhang.cli.synthetic import shares
from taizhang.cli.synthetic.jobs import add_jobs


@dataclass(frozen=True)
class Population:
    """`initial`: everybody at the first collection day; `months`: (collection day, flat rows of those who came, changed or left).

    Sealed items (`id_number`, `mobile_phone`) are in clear. Rows hold every item the generator knows; a loader keeps those its form has.
    """

    initial_day: dt.date
    initial: pa.Table
    months: list[tuple[dt.date, pa.Table]]


def generate(
    *, county: str, people: int, as_of: dt.date, divisions: pa.Table, seed: int = 1, months: int = 3
) -> Population:
    """People of one county.

    Args:
        county: 6-digit code.
        people: how many at the first collection.
        as_of: last day of the story; collections happen on the 20th of each month up to it.
        divisions: Arrow table `code` (2, 4, 6, 9 or 12 digits), `name`, with the national tree and the county's towns and villages.
    Raises:
        ValueError: the county has no villages in `divisions`.
    """
    days = _collection_days(as_of, months)
    with duckdb.connect() as con:
        con.execute("SET threads = 2")
        con.register("divisions", divisions)
        _urns(con, county)
        con.execute(
            "CREATE MACRO u(i, what) AS (hash(i, what, ?) >> 11)::DOUBLE / 9007199254740992".replace(
                "?", str(int(seed))
            )
        )
        con.execute("CREATE MACRO draw(urn, r) AS urn[1 + floor(r * len(urn))::BIGINT]")
        _villages(con, county, people)
        _persons(con, "persons", county, 0, people, days[0], newcomers=False)
        initial = add_jobs(con, "persons", days[0], county, "first", None)
        changed = []
        for number, day in enumerate(days[1:], start=1):
            offset = people + number * 100_000_000  # newcomers of a month never meet another person's draws
            _persons(con, f"new_{number}", county, offset, max(1, round(people * 0.0016)), day, newcomers=True)
            changed.append((day, _month(con, number, day, county)))
        return Population(days[0], initial, changed)


def _collection_days(as_of: dt.date, months: int) -> list[dt.date]:
    """The first collection and one per month, each on the 20th, the last on or before `as_of`."""
    last = as_of.year * 12 + as_of.month - 1 - (as_of.day < 20)
    return [dt.date(month // 12, month % 12 + 1, 20) for month in range(last - months, last + 1)]


def _spread(urn: shares.Urn, slots: int = 1000) -> list[str]:
    """The urn as a list in which each value stands as often as its weight asks."""
    total = sum(urn.values())
    return [value for value, weight in urn.items() for _ in range(max(1, round(weight / total * slots)))]


def _urns(con: duckdb.DuckDBPyConnection, county: str) -> None:
    preset = shares.preset(county)
    ages = {f"{low}-{high}": weight for (low, high), weight in shares.AGES.items()}
    urns = {
        "ages": ages, "ability": shares.ABILITY, "skill": shares.SKILL, "industry": shares.INDUSTRY, "form": preset.forms, "channel": shares.CHANNEL,
        "trade": shares.TRADE, "trained": shares.TRAINED, "not_willing": shares.NOT_WILLING, "ethnicity": preset.ethnicity, "scope": preset.scope,
        "destination": preset.destinations, "surname": {**shares.SURNAMES, **{k: v + shares.SURNAMES.get(k, 0) for k, v in preset.surnames.items()}},
    }  # fmt: skip
    for name, urn in urns.items():
        con.execute(f"SET VARIABLE {name} = ?", [_spread(urn)])
    con.execute("SET VARIABLE poor = ?", [preset.poor])
    con.execute("SET VARIABLE abroad = ?", [list(preset.abroad)])
    con.execute("SET VARIABLE rare = ?", [shares.RARE_NAMES])
    con.execute("CREATE TABLE given AS SELECT unnest($c) AS cohort, unnest($s) AS sex, unnest($l) AS letters", {
        "c": [key[0] for key in shares.GIVEN], "s": [key[1] for key in shares.GIVEN], "l": [list(text) for text in shares.GIVEN.values()],
    })  # fmt: skip
    con.execute("CREATE TABLE schooling AS SELECT unnest($a) AS age_from, unnest($u) AS urn", {
        "a": list(shares.EDUCATION),
        "u": [_spread(dict(zip(shares.EDUCATION_CODES, row, strict=True)), 100) if min(row) else
              _spread({c: w for c, w in zip(shares.EDUCATION_CODES, row, strict=True) if w}, 100) for row in shares.EDUCATION.values()],
    })  # fmt: skip
    for name, mapping in (
        ("wages", shares.INDUSTRY_WAGE),
        ("occupations", shares.OCCUPATION),
        ("employers", shares.EMPLOYER),
        ("boxes", shares.BOX_S003),
    ):
        con.execute(
            f"SET VARIABLE {name} = MAP {{{', '.join(f'{key!r}: {value!r}' for key, value in mapping.items())}}}"
        )


def _villages(con: duckdb.DuckDBPyConnection, county: str, people: int) -> None:
    """Villages of log-normal size; `first` and `last` are the person numbers each holds."""
    con.execute(
        """CREATE TABLE villages AS
        WITH v AS (SELECT code, name, exp(0.55 * sqrt(-2 * ln(u(code, 'size') + 1e-9)) * cos(6.2831853 * u(code, 'angle'))) AS size
                   FROM divisions WHERE length(code) = 12 AND starts_with(code, $1)),
             c AS (SELECT code, name, sum(size) OVER (ORDER BY code) / sum(size) OVER () AS upto FROM v)
        SELECT code, name, coalesce(lag(upto) OVER (ORDER BY code), 0) AS from_share, upto FROM c""",
        [county],
    )
    if not con.execute("SELECT count(*) FROM villages").fetchone()[0]:  # type: ignore[index]
        raise ValueError(f"没有 {county} 的村级区划，请先导入区划。")


def _persons(
    con: duckdb.DuckDBPyConnection, table: str, county: str, offset: int, count: int, day: dt.date, *, newcomers: bool
) -> None:
    """Who they are: identity, household, schooling, ability. One row per person, `i` unique over the whole story."""
    age = "16" if newcomers else "lo + floor(u(i, 'age') * (hi - lo + 1))::INT"
    con.execute(
        f"""CREATE TABLE {table} AS
        WITH n AS (SELECT range AS k, range + $offset AS i FROM range($count)),
        placed AS (
          SELECT n.i, v.code AS village, v.name AS village_name, (n.k + 0.5) / $count AS share
          FROM n ASOF JOIN villages v ON (n.k + 0.5) / $count >= v.from_share),
        aged AS (
          SELECT *, split_part(draw(getvariable('ages'), u(i, 'band')), '-', 1)::INT AS lo,
                 split_part(draw(getvariable('ages'), u(i, 'band')), '-', 2)::INT AS hi,
                 CASE WHEN u(i, 'sex') < 0.525 THEN '1' ELSE '2' END AS sex FROM placed),
        born AS (SELECT *, {age} AS years FROM aged),
        dated AS (SELECT *, ($day::DATE - INTERVAL (years) YEAR - INTERVAL (floor(u(i, 'day') * {"27" if newcomers else "364"})::INT) DAY)::DATE AS birth_date FROM born),
        numbered AS (
          SELECT *, row_number() OVER (PARTITION BY birth_date, sex ORDER BY i) AS turn,
                 least(2000, greatest(1950, year(birth_date) // 10 * 10)) AS cohort FROM dated),
        coded AS (
          SELECT *, '99' || right($county, 4) || strftime(birth_date, '%Y%m%d')
                 || lpad(((turn * 2 - CASE sex WHEN '1' THEN 1 ELSE 0 END + {"500" if newcomers else "0"}) % 1000)::VARCHAR, 3, '0') AS seventeen FROM numbered),
        named AS (
          SELECT c.*, g.letters,
                 seventeen || '10X98765432'[1 + list_sum(list_transform(list_zip(string_split(seventeen, ''), [7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2]),
                                                                        lambda z: z[1]::INT * z[2]))::INT % 11] AS id_number
          FROM coded c JOIN given g USING (cohort, sex))
        SELECT i, village, birth_date, sex, years, id_number,
          CASE WHEN u(i, 'rare') < 0.003 THEN draw(getvariable('rare'), u(i, 'which'))
               ELSE draw(getvariable('surname'), u(i, 'surname')) || draw(letters, u(i, 'first'))
                    || CASE WHEN u(i, 'one') < 0.15 THEN '' ELSE draw(letters, u(i, 'second')) END END AS full_name,
          '154' || lpad((hash(i, 'phone') % 100000000)::VARCHAR, 8, '0') AS mobile_phone,
          draw(getvariable('ethnicity'), u(i, 'ethnic')) AS ethnicity,
          CASE WHEN years < 22 OR u(i, 'married') < 0.12 THEN '10' WHEN u(i, 'married') > 0.96 THEN '40' ELSE '20' END AS marital_status,
          CASE WHEN u(i, 'party') < 0.06 THEN '01' WHEN years < 26 AND u(i, 'party') < 0.5 THEN '03' ELSE '13' END AS political_affiliation,
          village_name || '第' || (1 + floor(u(i, 'group') * 9))::INT || '组' AS address, ((1 + floor(u(i, 'group') * 9))::INT)::VARCHAR || '组' AS village_group,
          village || lpad((i // 3 % 10000)::VARCHAR, 4, '0') AS household_no,
          CASE i % 3 WHEN 0 THEN '02' WHEN 1 THEN '10' ELSE '20' END AS relation,
          u(i // 3, 'poor') < getvariable('poor') AS poor, u(i // 3, 'moved') < 0.03 AS is_relocated,
          (SELECT draw(s.urn, u(i, 'school')) FROM schooling s WHERE s.age_from <= years ORDER BY s.age_from DESC LIMIT 1) AS education,
          CASE WHEN years > 60 THEN '3' WHEN u(i, 'weak') < 0.02 THEN '3' ELSE CASE draw(getvariable('ability'), u(i, 'able')) WHEN '2' THEN '2' ELSE '1' END END AS ability,
          years >= 60 AND u(i, 'pension') < 0.9 AS pensioned
        FROM named""",
        {"offset": offset, "count": count, "day": day, "county": county},
    )


def _month(con: duckdb.DuckDBPyConnection, number: int, day: dt.date, county: str) -> pa.Table:
    """Flat rows of one month: newcomers, those whose work changed (about 4 %), those who left (0.17 %)."""
    moment = f"month{number}"
    con.execute(
        f"CREATE TABLE leaving_{number} AS SELECT *, u(i, 'left{number}') / 0.0017 AS fate FROM persons WHERE u(i, 'left{number}') < 0.0017"
    )
    gone = " UNION ALL ".join(f"SELECT i FROM leaving_{earlier}" for earlier in range(1, number + 1))
    con.execute(
        f"CREATE TABLE moving_{number} AS SELECT * FROM persons WHERE u(i, '{moment}') < 0.04 AND i NOT IN ({gone})"
    )
    parts = [
        add_jobs(con, f"new_{number}", day, county, moment, None),
        add_jobs(con, f"moving_{number}", day, county, moment, None),
        add_jobs(
            con,
            f"leaving_{number}",
            day,
            county,
            "first",
            "CASE WHEN fate < 0.3 THEN '31' WHEN fate < 0.88 THEN '42' ELSE '41' END",
        ),
    ]
    return pa.concat_tables(parts)
