"""A rule's text -> one checked, typed tree.

1. lexer: words, bounds, placeholders; 2. sqlglot: structure; 3. the walk below: only what it names is let through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from . import build, functions
from .errors import RuleError
from .lexer import Token, render, tokenise
from .rule import Rule
from .tree import BOOL, NULL, NUMBER, Kind, Node
from .vocabulary import PERSON, Vocabulary

MAX_RECURSION = 150  # nested steps of the walk; chains of and/or do not count
BINARY: dict[type[exp.Expr], str] = {exp.Add: "add", exp.Sub: "sub", exp.Mul: "mul", exp.Div: "div"}
COMPARE: dict[type[exp.Expr], str] = {
    exp.EQ: "eq", exp.NEQ: "ne", exp.LT: "lt", exp.LTE: "le", exp.GT: "gt", exp.GTE: "ge",
}  # fmt: skip


def parse(text: str, vocabulary: Vocabulary, *, result: str | None = None) -> Rule:
    """Check a rule's text against a vocabulary.

    Args:
        text: the rule as an official writes it.
        vocabulary: items, labels and parameters it may name.
        result: id of the item the rule computes; its text results are then checked against that item's code list.
    Raises:
        RuleError: any mistake, with word, 1-based position and nearest names.
    """
    tokens = tokenise(text)
    clean, starts = render(tokens)
    try:
        tree = sqlglot.parse_one(clean)
        node = _Walk(tokens, vocabulary).node(tree)
    except SqlglotError as error:
        raise _syntax_error(error, tokens, starts) from None
    except RecursionError:
        raise RuleError("嵌套太深") from None
    if node.kind == NULL:
        raise build.fail(node, "规则不能只是空值")
    if result is not None:
        node = build.fit(node, vocabulary.kind(vocabulary.find(result)))
    return Rule(text=text, tree=node)


def _syntax_error(error: SqlglotError, tokens: list[Token], starts: list[int]) -> RuleError:
    details = getattr(error, "errors", None) or [{}]
    column = (details[0].get("col") or 1) - 1
    index = max((i for i, start in enumerate(starts) if start <= column), default=0)
    token = tokens[index]
    if index == len(tokens) - 1 and not token.is_(")", "end") and token.kind in ("op", "kw"):
        return RuleError("规则没有写完，后面缺少内容", token.word, token.position)
    return RuleError("这里的写法不对，请检查前后的运算符、逗号和括号", token.word, token.position)


class _Walk:
    """One walk over sqlglot's tree. A class only to carry tokens and vocabulary along."""

    def __init__(self, tokens: list[Token], vocabulary: Vocabulary) -> None:
        self.tokens = tokens
        self.vocabulary = vocabulary
        self.depth = 0

    def node(self, tree: exp.Expr) -> Node:
        self.depth += 1
        if self.depth > MAX_RECURSION:
            raise RuleError("算式太长或嵌套太深")
        handler = HANDLERS.get(type(tree))
        if handler is None:
            raise self.refuse(tree, "这种写法不在口径语言里")
        found = handler(self, tree)
        self.depth -= 1
        return found

    def refuse(self, tree: exp.Expr, reason: str) -> RuleError:
        token = self.first(tree)
        return RuleError(reason, token.word, token.position)

    def first(self, tree: exp.Expr) -> Token:
        """The leftmost word below `tree`."""
        found = [self.index(name) for part in tree.walk() for name in (part.this,) if isinstance(name, str)]
        return self.tokens[min((i for i in found if i is not None), default=0)]

    def index(self, placeholder: str) -> int | None:
        number = placeholder[1:]
        return int(number) if placeholder[:1] == "t" and number.isdigit() and int(number) < len(self.tokens) else None

    def column(self, tree: exp.Expr) -> Node:
        if not isinstance(tree.this, exp.Identifier) or tree.args.get("table"):
            raise self.refuse(tree, "这种写法不在口径语言里")
        index = self.index(tree.name)
        if index is None:
            raise self.refuse(tree, "这种写法不在口径语言里")
        return self.value(self.tokens[index])

    def value(self, token: Token) -> Node:
        """A word standing for a value: item, literal, date or parameter."""
        place = Node("lit", NULL, (), None, token.position, token.word)
        if token.kind == "string":
            return build.text_literal(place, token.text)
        if token.kind == "date":
            return build.date_literal(place, token.text)
        if token.kind == "number":
            try:
                return build.literal(place, NUMBER, build.check_number(Decimal(token.text)))
            except ValueError as error:
                raise build.fail(place, str(error)) from None
        if token.kind == "param":
            kind, default = self.vocabulary.parameter(token.text, token.position)
            return Node("param", kind, (), (token.text, default), token.position, token.word, token.text)
        if token.text in ("true", "false"):
            return build.literal(place, BOOL, token.text == "true")
        if token.text == "null":
            return place
        return self.item(token)

    def item(self, token: Token) -> Node:
        if token.text.startswith("人."):
            return self.person(replace(token, text=token.text[2:], word=token.word[2:], position=token.position + 2))
        if token.text[0].isdigit() and token.text.isascii():
            raise RuleError("数写得不对，应如 9000 或 3.5", token.word, token.position)
        item = self.vocabulary.find(token.text, token.position)
        kind = self.vocabulary.kind(item)
        place = Node("item", kind, (), item.id, token.position, token.word, item.name)
        if item.value is None:
            return place
        return build.make("derived", kind, [build.fit(item.value.tree, kind)], item.id, place, item.name)

    def person(self, token: Token) -> Node:
        """`人.务工地点`: the person's own item beside a fact's item of that name."""
        own = self.vocabulary.own
        found = self.item(token)
        read = {part.value for part in found.walk() if part.op == "item"}
        if not read & own:
            return found
        return replace(functions.renamed(found, {item: PERSON + item for item in own}), name=f"人的{found.name}")

    def logic(self, tree: exp.Expr) -> Node:
        """A chain of one connective, flattened without recursion."""
        kind = type(tree)
        terms: list[exp.Expr] = []
        while type(tree) is kind:
            terms.append(tree.expression)
            tree = tree.this
        parts = [build.condition(self.node(term)) for term in (tree, *reversed(terms))]
        return build.make("and" if kind is exp.And else "or", BOOL, parts)

    def negation(self, tree: exp.Expr) -> Node:
        return build.make("not", BOOL, [build.condition(self.node(tree.this))])

    def paren(self, tree: exp.Expr) -> Node:
        return self.node(tree.this)

    def negative(self, tree: exp.Expr) -> Node:
        return build.negative(self.node(tree.this))

    def binary(self, tree: exp.Expr) -> Node:
        return build.arithmetic(BINARY[type(tree)], self.node(tree.this), self.node(tree.expression))

    def compare(self, tree: exp.Expr) -> Node:
        return build.comparison(COMPARE[type(tree)], self.node(tree.this), self.node(tree.expression))

    def membership(self, tree: exp.Expr) -> Node:
        if tree.args.get("query") or tree.args.get("field") or tree.args.get("unnest") or not tree.expressions:
            raise self.refuse(tree, "in 后面要写括号和至少一个值，如 in ('甲', '乙')")
        return build.membership(self.node(tree.this), [self.node(option) for option in tree.expressions])

    def between(self, tree: exp.Expr) -> Node:
        if tree.args.get("symmetric"):
            raise self.refuse(tree, "这种写法不在口径语言里")
        return build.between(self.node(tree.this), self.node(tree.args["low"]), self.node(tree.args["high"]))

    def like(self, tree: exp.Expr) -> Node:
        found = build.like(self.node(tree.this), self.node(tree.expression))
        return build.make("not", BOOL, [found]) if tree.args.get("negate") else found

    def isnull(self, tree: exp.Expr) -> Node:
        if not isinstance(tree.expression, exp.Null):
            raise self.refuse(tree, "is 后面只能写 null 或 not null")
        return build.make("isnull", BOOL, [self.node(tree.this)])

    def case(self, tree: exp.Expr) -> Node:
        subject = self.node(tree.this) if tree.this else None
        pairs = []
        for branch in tree.args["ifs"]:
            when = self.node(branch.this)
            if subject is not None:
                when = build.comparison("eq", subject, when)
            pairs.append((when, self.node(branch.args["true"])))
        default = tree.args.get("default")
        return build.choice(pairs, self.node(default) if default is not None else None)

    def function(self, tree: exp.Expr) -> Node:
        index = self.index(str(tree.this))
        if index is None:
            raise self.refuse(tree, "这种写法不在口径语言里")
        token = self.tokens[index]
        place = Node("lit", Kind(NULL.type), (), None, token.position, token.word)
        return functions.call(token.text.lower(), place, [self.node(arg) for arg in tree.expressions])


HANDLERS: dict[type, Callable[[_Walk, exp.Expr], Node]] = {
    exp.Column: _Walk.column,
    exp.And: _Walk.logic,
    exp.Or: _Walk.logic,
    exp.Not: _Walk.negation,
    exp.Paren: _Walk.paren,
    exp.Neg: _Walk.negative,
    exp.In: _Walk.membership,
    exp.Between: _Walk.between,
    exp.Like: _Walk.like,
    exp.Is: _Walk.isnull,
    exp.Case: _Walk.case,
    exp.Anonymous: _Walk.function,
    **dict.fromkeys(BINARY, _Walk.binary),
    **dict.fromkeys(COMPARE, _Walk.compare),
}
