"""The rule language (口径语言): parse, check, compile, explain. Pure: no Django, no database.

vocabulary = Vocabulary(items=[Item("annual_work_income", ("年度务工收入",), Type.NUMBER)],
                        parameters={"县外收入": Decimal(9000)})
rule = parse("年度务工收入 >= :县外收入", vocabulary)
rule.to_duckdb().text
"""

from .errors import RuleError
from .parse import parse
from .rule import Rule
from .sql import Sql
from .tree import Type
from .vocabulary import AS_OF, Item, Vocabulary, days

__all__ = ["AS_OF", "Item", "Rule", "RuleError", "Sql", "Type", "Vocabulary", "days", "parse"]
