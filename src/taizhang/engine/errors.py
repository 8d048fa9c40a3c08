"""Errors as data: a code and what it is about. One middleware turns them into a page, a fragment or JSON."""


class DomainError(Exception):
    """A refusal a person can do something about.

    `code` names it for code and tests; `message` says it in Chinese, with what to do; `status` is the HTTP status.
    """

    def __init__(self, code: str, message: str, *, status: int = 422, **params: object) -> None:
        super().__init__(code)
        self.code, self.message, self.status, self.params = code, message, status, params


class NotFound(DomainError):
    """Absent and out of scope alike, so no answer tells who is registered."""

    def __init__(self, what: str = "page") -> None:
        super().__init__("not_found", "没有找到，或者不在您负责的区划内。", status=404, what=what)


class NotAllowed(DomainError):
    """This actor may not do this (now or ever)."""

    def __init__(self, code: str, message: str, **params: object) -> None:
        super().__init__(code, message, status=403, **params)
