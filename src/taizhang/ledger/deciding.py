"""Second half of the comparison: `door_new` (newcomers) and `door` (known people) hold, per row, every item's next
value.

`door` also holds what is to be done with each home (`<home>_mode`), since when (`<home>_on`), and `changes` as JSON.
Parameters as in `matching`.
"""

from __future__ import annotations

from collections.abc import Iterable

from taizhang.ledger.homes import IDENTITY, SEALED, Home, as_json, home_of, homes
from taizhang.ledger.modes import PERMANENT, READ, Modes
from taizhang.ledger.states import GONE, Mode

FACT_WORDS = {"standing": "人员状态", "spell": "就业经历", "intention": "就业意愿"}
ARGUMENTS = 45  # items per jsonb_build_object: PostgreSQL takes 100 arguments


def homes_of(items: Iterable[str]) -> list[Home]:
    """Homes that hold one of `items`, in fixed order; a person's own row always."""
    wanted = set(items)
    return [home for home in homes().values() if home.kind == "attributes" or wanted & home.items.keys()]


def written(home: Home, items: Iterable[str]) -> list[str]:
    """Items of `home` whose next value the door tables hold: a dated fact is written whole, others only what the form
    holds."""
    return list(home.items) if home.kind == "dated" else [item for item in home.items if item in set(items)]


def record(items: Iterable[str]) -> str:
    """Columns of `r`, the row as far as it says something: the form's items and those the rules read."""
    return ", ".join(
        f"CASE WHEN m.untouched IS NULL OR NOT '{item}' = ANY (m.untouched) THEN p.{item} END AS {item}"
        for item in sorted({*items, *READ})
    )


def _key(home: Home, row: str, current: str) -> str:
    sql = home.key_sql.replace("{r}", row).replace("{current}", current)
    return sql.replace("%(day)s", "%(day)s::date").replace("::date::date", "::date")


def newcomers(items: list[str]) -> str:
    """`door_new`: one row per person the ledger does not know yet, who takes the id of the row that brings them: it
    enters once, and new random numbers for a whole county take the database seconds."""
    own = [
        item for home in homes_of(items) for item in written(home, items) if item not in ("hukou_region", "birth_date")
    ]
    chosen = [f"r.{item}" if item in items else f"NULL::{home_of()[item].items[item]} AS {item}" for item in own]
    keys = [f"{_key(home, 'r', 'none')} AS {home.name}_key" for home in homes_of(items) if home.kind == "keyed"]
    return f"""
    CREATE TEMP TABLE door_new ON COMMIT DROP AS
    SELECT m.sid, m.sid AS worker_id, m.division, m.id_token, r.id_sealed, r.id_tail, m.phone_token,
      r.phone_sealed, r.name_initials,
           coalesce(r.status_date, r.death_date, %(day)s::date) AS standing_on,
           coalesce({Modes(items, False, Mode.AUTO).started()}, %(day)s::date) AS spell_on,
             %(day)s::date AS intention_on,
           coalesce(r.pool_status, '10') >= '{GONE}' AS gone, r.birth_date{_list(chosen)}{_list(keys)}
    FROM door_match m JOIN ledger_paper r ON r.submission_id = m.sid
    {"CROSS JOIN (SELECT NULL::date AS returned_on) none" if keys else ""}
    WHERE m.outcome IS NULL AND m.worker_id IS NULL
    """


def known(modes: Modes) -> str:
    """`door`: one row per submission about a known person, `outcome` 'update' or 'same'."""
    held = homes_of(modes.items)
    keyed = [h for h in held if h.kind == "keyed"]
    others = [h for h in homes().values() if h.kind == "dated"]  # the rules look at all of them
    mode_columns = [f"{modes.mode_of(h)} AS {h.name}_mode, {modes.effective(h)} AS {h.name}_on" for h in others]
    mode_columns += [f"{modes.mode_of(h)} AS {h.name}_mode" for h in keyed]
    nexts = [
        f"{modes.next_value(h, item, f'md.{h.name}_mode')} AS {item}"
        for h in held
        for item in written(h, modes.items)
        if item != "hukou_region"
    ]
    touched = " OR ".join(["md.own", *(f"md.{h.name}_mode IS NOT NULL" for h in (*others, *keyed))])
    emptied = "m.phone_token IS NULL AND w.phone_token IS NOT NULL AND NOT 'mobile_phone' = ANY (o.items)"
    tokens = ("m.id_token IS NOT NULL AND m.id_token IS DISTINCT FROM w.id_token AS id_differs,"
              " (m.phone_token IS NOT NULL AND m.phone_token IS DISTINCT FROM w.phone_token"
              "  AND NOT 'mobile_phone' = ANY (o.items))"
              f" OR ({emptied if modes.empties_phone else 'false'}) AS phone_differs")  # fmt: skip
    attributes = homes()["worker"]
    return f"""
    CREATE TEMP TABLE door ON COMMIT DROP AS
    SELECT m.sid, m.worker_id, m.version, m.division, m.owner, m.division <> m.owner AS moves,
           CASE WHEN {touched} THEN 'update' ELSE 'same' END AS outcome,
           CASE WHEN {touched} THEN {_changes(modes, held)} ELSE '{{}}' END AS changes,
           CASE WHEN md.standing_mode IN ('open', 'change') THEN md.standing_on WHEN md.spell_mode IN ('open',
             'change') THEN md.spell_on
                ELSE %(day)s::date END AS effective_on,
           CASE WHEN md.standing_mode IN ('open', 'change') THEN md.standing_on ELSE %(day)s::date END AS pool_on,
           {", ".join(f"{h.name}.id AS {h.name}_id, md.{h.name}_mode, md.{h.name}_on" for h in others)},
           coalesce(r.status_date, r.death_date) AS standing_since, {modes.started()} AS spell_since,
             NULL::date AS intention_since,
           tk.*, m.id_token AS new_id_token, p.id_sealed, p.id_tail, m.phone_token AS new_phone_token, p.phone_sealed,
             p.name_initials,
           coalesce(r.birth_date,
             w.birth_date) AS born{_list(f"md.{h.name}_mode, {h.name}_key.v AS {h.name}_key" for h in keyed)}, n.*
    FROM door_match m JOIN ledger_paper p ON p.submission_id = m.sid JOIN ledger_worker w ON w.id = m.worker_id
    CROSS JOIN LATERAL (SELECT {record(modes.items)} OFFSET 0) r
    CROSS JOIN LATERAL (SELECT coalesce(p.left_out || m.untouched, '{{}}') AS items OFFSET 0) o
    {" ".join(_dated_join(h) for h in others)}
    {" ".join(_keyed_joins(h) for h in keyed)}
    CROSS JOIN LATERAL (SELECT {tokens} OFFSET 0) tk
    CROSS JOIN LATERAL (SELECT {modes.new_job()} AS new_job, {modes.other_activity()} AS other_activity OFFSET 0) kept
    CROSS JOIN LATERAL (SELECT {", ".join(mode_columns)}, {PERMANENT} AS gone,
      {modes.any_differs(attributes)} OR tk.id_differs OR tk.phone_differs AS own OFFSET 0) md
    CROSS JOIN LATERAL (SELECT {", ".join(nexts) or "1 AS nothing"} OFFSET 0) n
    WHERE m.outcome IS NULL AND m.worker_id IS NOT NULL
    """


def born_after_facts(items: Iterable[str]) -> list[str]:
    """Rows that would move a birth behind the first day of a fact that stands, and do not move that day themselves: refused, with what to mend
    first."""
    if "birth_date" not in set(items):
        return []
    facts = " UNION ALL ".join(
        f"SELECT worker_id, from_date, to_date IS NULL AS open, '{name}' AS home, '{words}' AS words FROM ledger_{name}"
        for name, words in FACT_WORDS.items()
    )
    moved = " OR ".join(
        f"f.home = '{name}' AND f.open AND d.{name}_mode = 'correct' AND d.{name}_since >= d.born"
        for name in FACT_WORDS
    )
    day = """to_char({}, 'FMYYYY"年"FMMM"月"FMDD"日"')"""
    return [
        f"""
        UPDATE door_match m SET outcome = 'error', problem = 'birth', about = format(
          '出生日期改成 %%s，比台账里%%s的开始日期 %%s还晚，不能改。先核对出生日期；确实没错的，先改%%s的开始日期，再改出生日期。',
          {day.format("late.born")}, late.words, {day.format("late.from_date")}, late.words)
        FROM (
          SELECT DISTINCT ON (d.sid) d.sid, d.born, f.words, f.from_date FROM door d
          JOIN ledger_worker w ON w.id = d.worker_id AND w.birth_date < d.born
          JOIN ({facts}) f ON f.worker_id = d.worker_id AND f.from_date < d.born AND ({moved}) IS NOT TRUE
          ORDER BY d.sid, f.from_date) late
        WHERE m.sid = late.sid
        """,
        "UPDATE door d SET outcome = 'error' FROM door_match m WHERE m.sid = d.sid AND m.problem = 'birth'",
    ]


def _dated_join(home: Home) -> str:
    name = home.name
    return f"LEFT JOIN {home.table} {name} ON {name}.worker_id = w.id AND {name}.to_date IS NULL"


def _keyed_joins(home: Home) -> str:
    """The row of the batch's year, round or event, and the row now current, which is what a flat row shows."""
    name = home.name
    return (
        f"LEFT JOIN {home.table} {name}_now ON {name}_now.worker_id = w.id AND {name}_now.is_current"
        f" CROSS JOIN LATERAL (SELECT {_key(home, 'r', f'{name}_now')} AS v OFFSET 0) {name}_key"
        f" LEFT JOIN {home.table} {name} ON {name}.worker_id = w.id AND {name}.{home.key} = {name}_key.v"
    )


def _changes(modes: Modes, held: list[Home]) -> str:
    """JSON {item: [old, new, 'change' | 'correction']}; of numbers only their tokens."""
    pairs = [_pair(modes, home, item) for home in held for item in written(home, modes.items)]
    for item, prefix in SEALED.items():
        value = f"jsonb_build_array(encode(w.{prefix}_token, 'hex'), encode(m.{prefix}_token, 'hex'), 'correction')"
        pairs.append(f"'{item}', CASE WHEN tk.{prefix}_differs THEN {value} END")
    chunks = [pairs[at : at + ARGUMENTS] for at in range(0, len(pairs), ARGUMENTS)]
    return " || ".join(f"jsonb_strip_nulls(jsonb_build_object({', '.join(chunk)}))" for chunk in chunks)


def _pair(modes: Modes, home: Home, item: str) -> str:
    kind = home.items[item]
    shown = f"{home.name}_now" if home.kind == "keyed" else home.alias
    old = f"{shown}.{home.column(item)}"
    new = f"m.{home.column(item)}" if item == "hukou_region" else f"n.{item}"
    if item == "pool_status":
        old, new = f"coalesce({old}, '10')", f"coalesce({new}, '10')"
    if home.kind == "attributes":
        forced = modes.mode == Mode.CHANGE and item not in IDENTITY
        word, condition = (
            "'change'" if item == "hukou_region" or forced else "'correction'",
            f"{new} IS DISTINCT FROM {old}",
        )
    else:
        word = f"CASE WHEN md.{home.name}_mode IN ('open', 'change') THEN 'change' ELSE 'correction' END"
        differs = modes.differs(home, item) if home.kind == "keyed" else f"{new} IS DISTINCT FROM {old}"
        condition = f"md.{home.name}_mode IN ('open', 'change', 'correct') AND {differs}"
    value = f"jsonb_build_array({as_json(old, kind)}, {as_json(new, kind)}, {word})"
    return f"'{item}', CASE WHEN {condition} THEN {value} END"


def _list(columns: Iterable[str]) -> str:
    return "".join(f", {column}" for column in columns)
