"""What checking a batch needs to know beside its rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class Context:
    """The circumstances of a batch.

    Attributes:
        as_of: the day ages and due dates are reckoned on (:基准日).
        divisions: table of code, name, level (1-5), parent, match_key (docs/interfaces.md); None = no names can be
        read.
        default_region: code of the uploader's unit: "共和镇天台村" is looked for inside it first.
        demo: whether made-up people (ID prefix 99) are welcome; otherwise they are errors.
        convert_15: whether 15-digit ID numbers are converted; otherwise the 18-digit number is only suggested.
        parameters: further values for rules, over the programme's own.
    """

    as_of: dt.date
    divisions: pa.Table | None = None
    default_region: str | None = None
    demo: bool = True
    convert_15: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)

    def as_of_values(self) -> dict[str, dt.date]:
        """The as-of names every rule may use; a batch is checked in the month of its day."""
        month = self.as_of.replace(day=1)
        return {
            "基准日": self.as_of,
            "期初": month,
            "期末": self.as_of,
            "月初": month,
            "年初": self.as_of.replace(month=1, day=1),
        }
