"""Registers as their pages show them: lines, and a town's pair of books."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from taizhang.catalogue.schema import Programme
from taizhang.divisions import queries as divisions
from taizhang.statistics import registers
from taizhang.statistics.pages import Question


def lines_of(register: registers.Register) -> list[dict[str, Any]]:
    """A register's lines for its template: which cell leads to the person, which is a number, which is too long for
    its column."""
    named = [leaf.item == "full_name" for leaf in register.columns]
    return [
        {
            "worker_id": line.worker_id,
            "cells": [
                {
                    "text": value,
                    "person": person,
                    "number": isinstance(value, int | Decimal),
                    "long": len(str(value)) > 13,
                }
                for value, person in zip(line.cells, named, strict=True)
            ],
        }
        for line in register.lines
    ]


@dataclass(frozen=True)
class Book:
    """A town's pair of registers, with an address for each."""

    name: str
    partition: registers.Partition
    urls: tuple[str, str]


def books_of(question: Question, programme: Programme) -> list[Book]:
    """For registers kept town by town: every town below a division, how many stand in each and whether they share
    the pool."""
    found = registers.partitions(programme, question.division, question.as_of)
    names = {
        unit["code"]: unit["name"]
        for unit in _walk(divisions.tree(question.division, 3, on=question.as_of))
        if len(unit["code"]) == 9
    }
    names.update({code: f"区划 {code}" for code in found if code not in names})
    nobody = registers.Partition(0, 0, 0, 0, 0)
    first, second = (replace(question, table=f"{programme.id}/{name}") for name in programme.registers)
    return [
        Book(names[code], found.get(code, nobody), (first.url(division=code), second.url(division=code)))
        for code in sorted(names)
    ]


def _walk(unit: dict[str, Any]) -> list[dict[str, Any]]:
    return [unit, *(inner for child in unit["children"] for inner in _walk(child))]
