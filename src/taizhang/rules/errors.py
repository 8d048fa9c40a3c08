"""The one error of the rule language."""

from __future__ import annotations


class RuleError(ValueError):
    """A rule that cannot be used, told in Chinese.

    Attributes:
        message: the whole sentence, with word, position and nearest names.
        word: the offending word as written (at most 30 characters).
        position: 1-based character of the word in the text given; 0 when the rule as a whole is meant.
        nearest: known names close to the word, best first.
    """

    def __init__(self, reason: str, word: str = "", position: int = 0, nearest: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.word = word if len(word) <= 30 else word[:29] + "…"
        self.position = position
        self.nearest = nearest
        where = f"第 {position} 个字“{self.word}”：" if position else ""
        hint = f"。是不是想写：{'、'.join(nearest)}？" if nearest else ""
        self.message = f"{where}{reason}{hint}"
        super().__init__(self.message)
