"""YAML that remembers where everything stood, so that a mistake can be reported by file, line and word."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """One mistake in a YAML file: where it stands, the word it is about, what is wrong and how to put it right
    (Chinese)."""

    file: str
    line: int
    word: str
    message: str

    def __str__(self) -> str:
        word = f"“{self.word}”" if self.word else ""
        return f"{self.file} 第 {self.line} 行{word}：{self.message}"


class CatalogueError(Exception):
    """Everything wrong with the catalogue's files. `mistakes` holds each with file, line and word."""

    def __init__(self, mistakes: list[Mistake] | tuple[Mistake, ...]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))


@dataclass
class Document:
    """A file's data, and the line of every key and value by its path."""

    file: str
    data: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def line(self, path: Path_) -> int:
        """Line of the nearest thing that stands in the file: pydantic's paths can go deeper than the text."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def report(self, path: Path_, word: str, message: str) -> None:
        self.mistakes.append(Mistake(self.file, self.line(path), word, message))


def read(path: Path, name: str | None = None) -> Document:
    """Parse a YAML file; a syntax error or a key written twice becomes a mistake of the document."""
    document = Document(name or str(path))
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=Loader)
    except UnicodeDecodeError:
        document.mistakes.append(Mistake(document.file, 1, "", "文件不是 UTF-8 编码，请另存为 UTF-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        document.mistakes.append(
            Mistake(document.file, line, "", f"YAML 写法不对：{error.problem}；检查缩进、冒号后的空格和引号")
        )
    except yaml.YAMLError as error:
        document.mistakes.append(Mistake(document.file, 1, "", f"YAML 写法不对：{error}"))
    else:
        document.data = None if node is None else _build(node, (), document)
    return document


def _build(node: yaml.Node, path: Path_, document: Document) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*path, index), document) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, path, document)
    return _scalar(node)


def _build_mapping(node: yaml.MappingNode, path: Path_, document: Document) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = _scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else str(key_node.value)
        document.lines[(*path, key)] = key_node.start_mark.line + 1
        if key in found:
            document.report((*path, key), str(key), "这个键写了两次，只留一个")
        found[key] = _build(value_node, (*path, key), document)
    return found


def _scalar(node: yaml.Node) -> Any:
    """YAML 1.2 in spirit: only true/false are yes and no (是, yes, on stay text); numbers stay exact."""
    text: str = node.value
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool" and text in ("true", "false"):
        return text == "true"
    if kind == "int" and re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    if kind == "float" and re.fullmatch(r"[-+]?\d*\.\d+", text):
        return Decimal(text)
    found = DATE.fullmatch(text) if kind == "timestamp" else None
    if found:
        try:
            return dt.date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return text
    return text
