"""Values of parameters, checked against the type the rule was compiled for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from . import regions
from .build import check_number
from .errors import RuleError
from .tree import CHINESE, Node, Type


def bound(node: Node, params: Mapping[str, Any]) -> Any:
    """The value of a parameter node: the caller's, else the vocabulary's default.

    Raises RuleError: missing, or of another type than the vocabulary's. None is null.
    """
    name, default = node.value
    value = params.get(name, default)
    if value is None and name not in params:
        raise RuleError(f"缺少参数 :{name} 的值", node.word, node.position)
    if value is None or value == "":
        return None
    wanted = node.kind.type
    if wanted is Type.NUMBER and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        try:
            return check_number(Decimal(value))
        except ValueError as error:
            raise RuleError(f"参数 :{name} 的{error}", node.word, node.position) from None
    if wanted is Type.DATE and isinstance(value, date) and not isinstance(value, datetime):
        return value
    if wanted is Type.BOOL and isinstance(value, bool):
        return value
    if wanted is Type.TEXT and isinstance(value, str) and "\0" not in value:
        return value
    if wanted is Type.REGION and isinstance(value, str) and regions.CODE.fullmatch(value):
        return regions.normalise(value)
    raise RuleError(f"参数 :{name} 要{CHINESE[wanted]}，给的是 {value!r}", node.word, node.position)
