"""Who may bring workbooks, and what may be done with an upload when. Values in, nothing or a refusal out."""

from __future__ import annotations

from taizhang.accounts.models import Role
from taizhang.engine.errors import DomainError, NotAllowed

from .models import UploadState as S

BRINGERS = frozenset({Role.COLLECTOR, Role.TOWNSHIP, Role.COUNTY})
OPEN_FILES = 20  # per person: files brought and neither submitted nor discarded
OPEN_STATES = frozenset({S.UPLOADED, S.COLUMNS, S.CHECKING, S.CHECKED})

MOVES: dict[str, tuple[frozenset[S], S]] = {  # verb: from, to
    "read": (frozenset({S.UPLOADED}), S.COLUMNS),
    "check": (frozenset({S.COLUMNS, S.CHECKED, S.CHECKING}), S.CHECKING),
    "checked": (frozenset({S.CHECKING}), S.CHECKED),
    "submit": (frozenset({S.CHECKED}), S.SUBMITTED),
    "withdraw": (frozenset({S.SUBMITTED}), S.WITHDRAWN),
    "discard": (frozenset({S.UPLOADED, S.COLUMNS, S.CHECKING, S.CHECKED, S.REFUSED}), S.DISCARDED),
}
WORDS = {"read": "读取", "check": "检查", "checked": "检查", "submit": "提交", "withdraw": "撤回", "discard": "作废"}


def check_bringer(role: str, sees_people: bool) -> None:
    """Raises NotAllowed "read_only"."""
    if role not in BRINGERS or not sees_people:
        raise NotAllowed("read_only", "您的账号只能查看，不能导入。需要导入的请联系县级经办人。")


def check_move(verb: str, state: str) -> S:
    """The state `verb` leads to. Raises DomainError "wrong_state"."""
    sources, target = MOVES[verb]
    if state not in sources:
        raise DomainError(
            "wrong_state", f"这个文件现在是“{S(state).label}”，不能{WORDS[verb]}。请刷新后再看。", status=409
        )
    return target


def check_quota(open_files: int) -> None:
    """Raises DomainError "quota" (ASVS 5.2.4)."""
    from .refusals import refuse

    if open_files >= OPEN_FILES:
        raise refuse("quota", count=open_files)


def check_template(mark: dict[str, str], *, form: str, version: str, titles: dict[str, str]) -> None:
    """A workbook made from one of our templates must be of this form and of the version in force.

    Raises DomainError "wrong_form" or "old_version". `mark` empty: not made from a template, anything goes.
    """
    from .refusals import refuse

    if mark and mark["form"] != form:
        raise refuse("wrong_form", found=titles.get(mark["form"], mark["form"]), wanted=titles.get(form, form))
    if mark and mark["version"] != version:
        raise refuse("old_version", found=mark["version"], wanted=version)
