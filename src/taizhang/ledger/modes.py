"""Change or correction (ledger.md): SQL that decides, per row, whether a new value closes the old fact or mends it.

Aliases in every expression: `r` the submitted values, `w` the worker, `standing`, `spell`, `intention` the open facts,
`o` what the row says nothing about (`left_out`, items only others changed included).
"""

from __future__ import annotations

from collections.abc import Iterable

from taizhang.ledger.homes import SEALED, Home
from taizhang.ledger.states import GONE, Mode

# Items the rules read, whether the form holds them or not.
READ = (
    "pool_status", "status_date", "death_date", "start_date", "unemployed_date", "is_working", "employment_status",
    "work_region", "employer_name", "employment_form", "birth_date", "survey_date", "return_date", "hukou_region",
)  # fmt: skip
# What a person does stays true when only the job changes.
ACTIVITY = ("is_working", "employment_status", "main_income_source")

PERMANENT = f"coalesce(r.pool_status, standing.pool_status, '10') >= '{GONE}'"


class Modes:
    """Expressions for one batch: which items its form holds, whether empty cells empty, and how the clerk turned it."""

    def __init__(self, items: Iterable[str], clears: bool, mode: str) -> None:
        """`items`: all of the form's, sealed ones too."""
        self.items, self.clears, self.mode = frozenset(items) - SEALED.keys(), clears, mode
        self.empties_phone = clears and "mobile_phone" in items

    def present(self, item: str) -> str:
        if item not in self.items:
            return "false"
        return f"NOT '{item}' = ANY (o.items)" if self.clears else f"r.{item} IS NOT NULL"

    def differs(self, home: Home, item: str) -> str:
        return f"({self.present(item)} AND r.{item} IS DISTINCT FROM {home.alias}.{home.column(item)})"

    def any_differs(self, home: Home) -> str:
        held = [item for item in home.items if item in self.items]
        return "(" + " OR ".join(self.differs(home, item) for item in held) + ")" if held else "false"

    def _moved(self, item: str) -> str:
        """A known value replaced by another; a value known more or less exactly is no change."""
        extra = (
            " AND NOT r.work_region ^@ spell.work_region AND NOT spell.work_region ^@ r.work_region"
            if item == "work_region"
            else ""
        )
        if item == "employer_name":
            extra = " AND tz_plain(r.employer_name) <> tz_plain(spell.employer_name)"
        return f"(coalesce(r.{item} <> spell.{item}, false){extra})"

    def started(self) -> str:
        """The day the form gives for the activity: the start of the job, or of being without one."""
        return "CASE WHEN r.is_working IS FALSE THEN r.unemployed_date ELSE r.start_date END"

    def effective(self, home: Home) -> str:
        """Since when a new fact of `home` holds."""
        if home.name == "standing":
            return "coalesce(r.status_date, r.death_date, %(day)s::date)"
        if home.name == "spell":
            given = self.started()
            believed = f"spell.id IS NULL OR {given} > spell.from_date"
            return f"CASE WHEN {believed} THEN coalesce({given}, %(day)s::date) ELSE %(day)s::date END"
        return "%(day)s::date"

    def is_change(self, home: Home) -> str:
        if self.mode != Mode.AUTO:
            return "true" if self.mode == Mode.CHANGE else "false"
        if home.name == "standing":
            return "r.pool_status IS DISTINCT FROM coalesce(standing.pool_status, '10')"
        if home.name != "spell":
            return "false"
        same_employer = "tz_plain(r.employer_name) IS NOT DISTINCT FROM tz_plain(spell.employer_name)"
        given = self.started()
        later = (
            f"CASE WHEN spell.start_date IS NULL THEN {given} > spell.from_date AND NOT {same_employer}"
            f" ELSE {given} > spell.start_date END"
        )
        moved = " OR ".join(
            self._moved(item)
            for item in ("is_working", "employment_status", "work_region", "employer_name", "employment_form")
        )
        return f"CASE WHEN {given} IS NOT NULL THEN {later} ELSE {moved} END"

    def new_job(self) -> str:
        """Whether a changed spell is another activity, of which nothing of the old one holds unless the form says
        so."""
        given = f"(spell.start_date IS NOT NULL AND {self.started()} > spell.start_date)"
        return (
            "coalesce("
            + " OR ".join((given, *map(self._moved, ("is_working", "employment_status", "employer_name"))))
            + ", false)"
        )

    def mode_of(self, home: Home) -> str:
        """'open', 'change', 'correct', 'close' or null (nothing to do)."""
        differs = self.any_differs(home)
        if home.kind == "keyed":
            return f"CASE WHEN {differs} THEN CASE WHEN {home.name}.id IS NULL THEN 'open' ELSE 'correct' END END"
        if home.name == "standing":  # 正常 is not written for somebody who never was anything else
            differs = f"({differs} AND (standing.id IS NOT NULL OR coalesce(r.pool_status, '10') <> '10'))"
            closing = ""
        else:  # after a permanent exit nothing else stays open
            closing = f"WHEN {PERMANENT} THEN CASE WHEN {home.name}.id IS NOT NULL THEN 'close' END"
        return (
            f"CASE {closing} WHEN NOT {differs} THEN NULL WHEN {home.name}.id IS NULL THEN 'open'"
            f" WHEN {self.is_change(home)} AND {self.effective(home)} > {home.name}.from_date THEN 'change'"
            " ELSE 'correct' END"
        )

    def next_value(self, home: Home, item: str, mode: str) -> str:
        """Value of `item` in the row that will be open afterwards, `mode` being the SQL of the home's mode."""
        old = f"{home.alias}.{home.column(item)}"
        if home.kind == "dated":
            kept = {
                "standing": "NULL",
                "intention": old,
                "spell": f"CASE WHEN NOT kept.{'other_activity' if item in ACTIVITY else 'new_job'} THEN {old} END",
            }[home.name]
            old = f"CASE {mode} WHEN 'change' THEN {kept} WHEN 'open' THEN NULL ELSE {old} END" if kept != old else old
        return f"CASE WHEN {self.present(item)} THEN r.{item} ELSE {old} END" if item in self.items else old

    def other_activity(self) -> str:
        return f"({self._moved('is_working')} OR {self._moved('employment_status')})"
