"""A checked rule and what can be made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .tree import Kind, Node, Type
from .vocabulary import PERSON

if TYPE_CHECKING:
    from .deciding import Decision, Line
    from .earlier import Earlier, Rows
    from .explain import Explanation
    from .sql import Sql

Params = Mapping[str, Any]
Column = Callable[[str], str]


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule that cannot fail on any row any more.

    Attributes:
        text: as written.
        tree: the typed tree all interpreters share.
    """

    text: str
    tree: Node

    @property
    def type(self) -> Type:
        return self.tree.kind.type

    @property
    def kind(self) -> Kind:
        return self.tree.kind

    @cached_property
    def items(self) -> frozenset[str]:
        """Ids of the stored items it reads, those below derived items, `人.` and `at(...)` included."""
        return frozenset(node.value.removeprefix(PERSON) for node in self.tree.walk() if node.op == "item")

    @cached_property
    def columns(self) -> frozenset[str]:
        """Columns it reads from its row: items, `person__` items of a fact's person, and a column per `at(...)`."""
        return frozenset(node.value for node in self.tree.walk(into_at=False) if node.op in ("item", "at"))

    @cached_property
    def earlier(self) -> dict[str, Earlier]:
        """Column -> what it asks of another day's row: `at(:年初, ...)`."""
        from .earlier import parts

        return parts([self.tree])

    @cached_property
    def derived(self) -> frozenset[str]:
        """Ids of the derived items it names."""
        return frozenset(node.value for node in self.tree.walk() if node.op == "derived")

    @cached_property
    def parameters(self) -> frozenset[str]:
        """Names of the parameters and as-of days it uses."""
        return frozenset(node.value[0] for node in self.tree.walk() if node.op == "param")

    def to_duckdb(self, params: Params | None = None, column: Column = str) -> Sql:
        """DuckDB expression with `?` placeholders. Raises RuleError for a missing or unusable parameter."""
        from .dialects import DUCKDB, compile_tree

        return compile_tree(self.tree, DUCKDB, params or {}, column)

    def to_postgres(self, params: Params | None = None, column: Column = str) -> Sql:
        """PostgreSQL expression with `%s` placeholders (psycopg); see `to_duckdb`."""
        from .dialects import POSTGRES, compile_tree

        return compile_tree(self.tree, POSTGRES, params or {}, column)

    def to_spark(self, params: Params | None = None, column: Column = str) -> Sql:
        """Spark SQL expression with `?` placeholders (3.5 and later); see `to_duckdb`."""
        from .dialects import SPARK, compile_tree

        return compile_tree(self.tree, SPARK, params or {}, column)

    def to_json(self) -> dict[str, Any]:
        """The tree for browser/rules.js, with names and the labels of the codes it reads."""
        from .wire import to_json

        return to_json(self)

    def evaluate(self, row: Mapping[str, Any], params: Params | None = None, earlier: Rows | None = None) -> Any:
        """The value on one row, for messages and tests; whole tables are evaluated in SQL.

        earlier: name of an as-of day -> the person's row of that day, None for somebody not in it; only `at(...)`
        asks for it. Raises RuleError when it is missing.
        """
        from .earlier import filled
        from .evaluate import evaluate

        return evaluate(self.tree, filled(self.tree, row, params or {}, earlier), params or {})

    def explain(self, row: Mapping[str, Any], params: Params | None = None, earlier: Rows | None = None) -> Explanation:
        """Which parts decided, in Chinese, with the row's values."""
        from .earlier import filled
        from .explain import explain

        return explain(self.tree, filled(self.tree, row, params or {}, earlier), params or {})

    def decide(
        self,
        row: Mapping[str, Any],
        params: Params | None = None,
        places: Mapping[str, str] | None = None,
        earlier: Rows | None = None,
    ) -> Decision:
        """The fewest stored facts that decide, derived items opened; `places` names the regions."""
        from .deciding import decide

        return decide(self.tree, row, params or {}, places, earlier)

    def branches(
        self,
        row: Mapping[str, Any],
        params: Params | None = None,
        places: Mapping[str, str] | None = None,
        earlier: Rows | None = None,
    ) -> list[Line]:
        """The whole rule with the truth of each part on the row."""
        from .deciding import branches

        return branches(self.tree, row, params or {}, places, earlier)

    @cached_property
    def chinese(self) -> str:
        """The rule read out in Chinese; derived items by their names."""
        from .reading import chinese

        return chinese(self.tree)

    @cached_property
    def meanings(self) -> dict[str, str]:
        """Name -> reading of the derived items it leans on."""
        from .reading import meanings

        return meanings(self.tree)
