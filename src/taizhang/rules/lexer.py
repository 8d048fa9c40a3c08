"""Text into tokens, and tokens into a text that holds nothing but structure.

Every name, literal and parameter is replaced by a placeholder (t0, t1, ...) before sqlglot sees the rule. What sqlglot
parses is therefore written by us: no quoted identifier, comment, dialect or keyword of its own can reach it, and a
placeholder leads back to the word and its position. Size and depth are bounded here, in one pass over the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from .errors import RuleError

MAX_LENGTH = 8_000  # characters
MAX_TOKENS = 1_200
MAX_DEPTH = 20  # open brackets, case and leading not/- together; sqlglot needs about 24 frames for each

KEYWORDS = frozenset(
    ["and", "or", "not", "in", "between", "like", "is", "null", "true", "false", "case", "when", "then", "else", "end"]
)
OPERATORS = frozenset(("=", "!=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "(", ")", ","))
VALUES = frozenset(("name", "number", "string", "param", "date"))

# Full-width and typographic characters with one possible meaning outside quotation marks.
FORGIVEN = {
    "、": ",", "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/", "−": "-", "–": "-", "【": "(", "】": ")",
    "\u3000": " ", "\u00a0": " ", "\ufeff": " ",
}  # fmt: skip
FORGIVEN.update({chr(c): chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)})
# Words people know from SQL or Excel that mean nothing here: named as such instead of as an unknown item.
NOT_HERE = frozenset(
    [
        "select",
        "from",
        "where",
        "union",
        "intersect",
        "except",
        "join",
        "group",
        "having",
        "order",
        "limit",
        "with",
        "insert",
        "update",
        "delete",
        "drop",
        "alter",
        "create",
        "grant",
        "truncate",
        "exec",
        "execute",
        "copy",
        "attach",
        "pragma",
        "install",
        "load",
        "set",
        "over",
        "partition",
        "filter",
        "exists",
        "any",
        "some",
        "cast",
        "try_cast",
        "convert",
        "interval",
        "array",
        "distinct",
        "similar",
        "regexp",
        "rlike",
        "ilike",
        "glob",
        "escape",
        "collate",
        "using",
        "div",
        "mod",
        "xor",
        "if",
    ]
)
QUOTES = {"'": "'", "‘": "’‘", "’": "’‘", "“": "”“", "”": "”“", "＇": "＇", "「": "」"}

TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>\d+(\.\d+)?(?![\w.]))|(?P<name>人\.\w+|\w+)|(?P<param>:\s*\w+)"
    r"|(?P<op><>|!=|<=|>=|[-=<>+*/(),])"
)
FOREIGN = {
    ";": "一条规则里不能有分号",
    '"': "不能用英文双引号；文字用单引号 '…'，数据项直接写名称",
    "`": "不能用反引号；数据项直接写名称",
    "[": "不能用方括号",
    "#": "规则里不能写注释",
    "$": "不能用 $；参数写成 :名称",
    "@": "不能用 @；参数写成 :名称",
    "?": "不能用问号；参数写成 :名称",
    "%": "不能用 %；没有求余运算",
    "|": "不能用 |；“或”写成 or",
    "&": "不能用 &；“与”写成 and",
    "!": "不能单独用 !；“非”写成 not",
    "^": "不能用 ^",
    "~": "不能用 ~；匹配文字用 like",
    "\\": "不能用反斜杠",
    ".": "不能用点号；只有“人.”后面接数据项，如 人.户籍地",
    ":": "冒号后面要写参数的名称，如 :基准日",
}


@dataclass(frozen=True)
class Token:
    """kind: one of VALUES, 'kw' or 'op'; text: normalised; position: 1-based in the text as given; word: as written."""

    kind: str
    text: str
    position: int
    word: str

    def is_(self, *texts: str) -> bool:
        """Whether this is one of these keywords or operators (and not a value spelt like one)."""
        return self.kind in ("kw", "op") and self.text in texts


def tokenise(text: str) -> list[Token]:
    """Split a rule into tokens. Raises RuleError for anything outside the language, too long or too deep."""
    if not isinstance(text, str) or not text.strip():
        raise RuleError("规则是空的")
    if len(text) > MAX_LENGTH:
        raise RuleError(f"规则太长：{len(text)} 个字，最多 {MAX_LENGTH} 个")
    tokens = _merge_dates(_split(text))
    _check_depth(tokens)
    _check_neighbours(tokens)
    return tokens


def render(tokens: list[Token]) -> tuple[str, list[int]]:
    """The text for sqlglot, and for each token the offset where it begins there."""
    pieces, starts, at = [], [], 0
    for index, token in enumerate(tokens):
        # `null` stays a word of SQL only in `is null`; elsewhere it is a value with a position.
        native = token.kind == "op" or (token.kind == "kw" and token.text not in ("null", "true", "false"))
        piece = token.text if native or _is_null(tokens, index) else f"t{index}"
        # A function's name must touch its bracket, nothing else may.
        space = "" if _calls(tokens, index) else " "
        starts.append(at)
        pieces.append(piece + space)
        at += len(piece + space)
    return "".join(pieces), starts


def _is_null(tokens: list[Token], index: int) -> bool:
    before = index - 2 if index >= 2 and tokens[index - 1].is_("not") else index - 1
    return tokens[index].is_("null") and before >= 0 and tokens[before].is_("is")


def _calls(tokens: list[Token], index: int) -> bool:
    return tokens[index].kind == "name" and index + 1 < len(tokens) and tokens[index + 1].text == "("


def _split(text: str) -> list[Token]:
    tokens: list[Token] = []
    plain, origin = _forgive(text)
    at = 0
    while at < len(plain):
        char, start = plain[at], origin[at]
        if char in QUOTES:
            token, at = _string(plain, at, start)
        elif plain.startswith(("--", "/*", "*/", "//"), at):
            raise RuleError("规则里不能写注释，也不能连写两个运算符", plain[at : at + 2], start + 1)
        else:
            match = TOKEN.match(plain, at)
            if match is None:
                raise _refusal(plain, at, start)
            kind, word = match.lastgroup or "", match.group()
            at = match.end()
            if kind == "space":
                continue
            token = _token(kind, word, start)
        tokens.append(token)
        if len(tokens) > MAX_TOKENS:
            raise RuleError(f"规则太长：最多 {MAX_TOKENS} 个词", token.word, token.position)
    return tokens


def _forgive(text: str) -> tuple[str, list[int]]:
    """Replace forgiven characters outside quotation marks; the list gives each character's place in `text`."""
    plain: list[str] = []
    origin: list[int] = []
    closing = ""
    for index, char in enumerate(text):
        if closing:
            piece = char
            if char in closing:
                closing = ""
        elif char in QUOTES:
            piece, closing = char, QUOTES[char]
        else:
            piece = FORGIVEN.get(char, char)
        plain.extend(piece)
        origin.extend([index] * len(piece))
    return "".join(plain), origin


def _token(kind: str, word: str, start: int) -> Token:
    if kind == "param":
        return Token("param", word[1:].strip(), start + 1, word)
    if kind == "name" and word.lower() in KEYWORDS:
        return Token("kw", word.lower(), start + 1, word)
    if kind == "number" and not word.isascii():
        raise RuleError("数要用阿拉伯数字写", word, start + 1)
    return Token(kind, word, start + 1, word)


def _string(plain: str, at: int, start: int) -> tuple[Token, int]:
    closing, pieces, end = QUOTES[plain[at]], [], at + 1
    while end < len(plain):
        if plain[end] in closing:
            if not plain.startswith("''", end):
                break
            end += 1  # '' inside quotation marks is one
        pieces.append(plain[end])
        end += 1
    else:
        raise RuleError("引号没有配对", plain[at : at + 12], start + 1)
    value = "".join(pieces)
    word = plain[at : end + 1]
    if not value.strip():
        raise RuleError("空文字就是空值，请写 is null", word, start + 1)
    if any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in value):
        raise RuleError("文字里有看不见的控制字符", word, start + 1)
    return Token("string", value, start + 1, word), end + 1


def _refusal(plain: str, at: int, start: int) -> RuleError:
    char = plain[at]
    if char == "." and plain[at - 1 : at] == "人":
        return RuleError("“人.”后面要写这个人的数据项，如 人.户籍地", "人.", start)
    before = re.search(r"\d*$", plain[:at])
    digits = before.group() if before else ""
    number = digits + re.match(r"[.\d]*", plain[at:]).group()  # type: ignore[union-attr]
    if char == "." and number != ".":
        return RuleError("数写得不对，应如 9000 或 3.5", number, start + 1 - len(digits))
    return RuleError(FOREIGN.get(char, "这个字符不能用"), char, start + 1)


def _merge_dates(tokens: list[Token]) -> list[Token]:
    merged: list[Token] = []
    for token in tokens:
        before = merged[-1] if merged else None
        if token.kind == "string" and before and before.kind == "name" and before.text.lower() == "date":
            merged[-1] = Token("date", token.text, before.position, f"{before.word} {token.word}")
        else:
            merged.append(token)
    return merged


def _check_depth(tokens: list[Token]) -> None:
    """Refuse what would drive a recursive parser too deep; also unpaired brackets and case/end."""
    open_: list[tuple[Token, int]] = []
    leading = 0  # not and - waiting for their operand
    for token in tokens:
        if token.is_("(", "case"):
            open_.append((token, leading))
        elif token.is_(")", "end"):
            pair = "(" if token.text == ")" else "case"
            if not open_ or open_[-1][0].text != pair:
                raise RuleError(
                    "多了一个右括号" if pair == "(" else "end 前面没有对应的 case", token.word, token.position
                )
            open_.pop()
            leading = open_[-1][1] if open_ else 0
        elif token.is_("not", "-", "+"):
            leading += 1
        else:
            leading = open_[-1][1] if open_ else 0
        if len(open_) + leading > MAX_DEPTH:
            raise RuleError(f"嵌套太深，最多 {MAX_DEPTH} 层", token.word, token.position)
    if open_:
        token = open_[-1][0]
        raise RuleError("括号没有配对" if token.text == "(" else "case 没有用 end 结束", token.word, token.position)


def _check_neighbours(tokens: list[Token]) -> None:
    """Name the gap where two values stand side by side, which sqlglot would take for an alias."""
    for token in tokens:
        if token.kind == "name" and token.text.lower() in NOT_HERE:
            raise RuleError(f"口径语言里没有 {token.text.lower()}", token.word, token.position)
    for before, token in pairwise(tokens):
        ends = before.kind in VALUES or before.is_(")", "end", "null", "true", "false")
        begins = token.kind in VALUES or token.is_("case", "true", "false")
        if ends and begins:
            raise RuleError(f"它和前面的“{before.word}”之间缺少运算符或 and / or", token.word, token.position)
        if ends and token.is_("(") and before.kind != "name":
            raise RuleError(f"它和前面的“{before.word}”之间缺少运算符", token.word, token.position)
        if token.is_("not") and before.kind == "op" and not before.is_("(", ",", ")"):
            raise RuleError("not 只能放在条件前面；这里请加括号", token.word, token.position)
