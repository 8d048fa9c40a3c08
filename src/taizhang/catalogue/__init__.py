"""Data items, code lists, forms and programmes, read from YAML into typed objects. Pure: no Django, no database.

catalogue = load()
rows, findings = catalogue.check(table_of_strings, catalogue.forms["shanxi-2022"], Context(as_of=date(2022, 12, 1)))
"""

from .catalogue import Catalogue
from .context import Context
from .crosswalk import Option
from .handbook import handbook
from .id_number import Identity, convert_15, read_id, repairs
from .loader import load, mistakes
from .marks import CatalogueError, Mistake
from .schema import Column, FillRule, Form, FormItem, Indicator, Measure, Programme, Section, Table, TableColumn
from .types import Code, CodeList, Item

__all__ = [
    "Catalogue", "CatalogueError", "Code", "CodeList", "Column", "Context", "FillRule", "Form", "FormItem", "Identity",
    "Indicator", "Item", "Measure", "Mistake", "Option", "Programme", "Section", "Table", "TableColumn",
    "convert_15", "handbook", "load", "mistakes", "read_id", "repairs",
]  # fmt: skip
