"""Pages of a long list, by number: every list shows where it stands and how much there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

SIZES = (20, 50, 100)


@dataclass(frozen=True)
class Page:
    number: int
    url: str
    current: bool
    gap: bool = False


@dataclass(frozen=True)
class Pager:
    """`base` is the query without `page`; it holds no personal data."""

    total: int
    number: int
    size: int
    base: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, total: int, asked: str | None, size: int = SIZES[0], base: tuple[tuple[str, str], ...] = ()) -> Pager:
        """`asked` is what the address says: anything that is no page of this list means the first or the last one."""
        last = max(1, -(-total // size))
        number = int(asked) if asked and asked.isdigit() and len(asked) < 9 else 1
        return cls(total, min(max(1, number), last), size, base)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1

    @property
    def last(self) -> int:
        return min(self.number * self.size, self.total)

    @property
    def slice(self) -> slice:
        return slice((self.number - 1) * self.size, self.number * self.size)

    def url(self, number: int) -> str:
        return "?" + urlencode([*self.base, ("page", str(number))])

    @property
    def previous_url(self) -> str:
        return self.url(self.number - 1)

    @property
    def next_url(self) -> str:
        return self.url(self.number + 1)

    @property
    def shown(self) -> Iterator[Page]:
        """First, last and the neighbours of the current page, with gaps between."""
        before = 0
        for number in sorted({1, self.pages, *range(self.number - 2, self.number + 3)}):
            if 1 <= number <= self.pages:
                if before and number > before + 1:
                    yield Page(0, "", current=False, gap=True)
                yield Page(number, self.url(number), current=number == self.number)
                before = number
