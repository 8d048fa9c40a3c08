"""`import`, `table`, `verify`: the pages' own functions from the command line."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress

from taizhang.cli import run as processes
from taizhang.engine.errors import DomainError
from taizhang.site.environment import read_environment

if TYPE_CHECKING:
    from taizhang.accounts.models import User
    from taizhang.intake.models import Upload

SHOWN = 20  # problems printed; the marked workbook holds them all
OUTCOMES = {
    "new": "新增",
    "update": "更新",
    "same": "无变化",
    "duplicate": "文件内重复",
    "conflict": "与台账冲突",
    "error": "错误",
    "warning": "提醒",
}
console = Console(stderr=True, highlight=False)


def run(options: argparse.Namespace) -> int:
    """Refusals are printed in Chinese and exit with 2; 1 means the command ran and found something wrong."""
    processes.start_database(read_environment())
    processes.set_up()
    processes.check()
    try:
        return {"import": load, "table": table, "verify": verify}[options.command](options)
    except DomainError as refusal:
        console.print(refusal.message)
        return 2


def load(options: argparse.Namespace) -> int:
    """Check a workbook, hand its good rows in, and let the named reviewers decide, each as themselves."""
    from taizhang.accounts.acting import acting_as
    from taizhang.intake import actions, answering, queries, service
    from taizhang.review import actions as review

    if not options.file.is_file():
        raise DomainError("no_file", f"没有找到文件 {options.file}。请核对路径。")
    user, reviewers = _user(options.user), [_user(name) for name in options.approve_as]
    with acting_as(user):
        with Progress(console=console) as bar:
            task = bar.add_task("检查", total=None)
            upload = service.check_file(
                actor=user, path=options.file, form=options.form, collected_on=options.collected_on,
                advance=lambda done, total, message: bar.update(task, completed=done, total=total or None, description=message or "检查"),
            )  # fmt: skip
            bar.update(task, total=1, completed=1, description="检查完")
        problems = queries.problems(upload.batch_id, window=slice(0, SHOWN)) if upload.batch_id else []
        if options.answer:
            options.answer.write_bytes(answering.answer_for(actor=user, upload=upload)[1])
        good = sum(upload.counts.get(kind, 0) for kind in ("new", "update", "same"))
        submitted = good and not options.dry_run
        if submitted:
            actions.submit(actor=user, upload_id=upload.pk)
        elif options.dry_run:
            actions.discard(actor=user, upload_id=upload.pk)
    entered = 0
    for reviewer in reviewers if submitted else []:
        with acting_as(reviewer):
            assert upload.batch is not None
            entered += review.approve(actor=reviewer, batch=upload.batch).entered
    _tell(options, upload, problems, good if submitted else 0, entered)
    return 1 if upload.counts.get("error") or not good else 0


def _user(username: str) -> User:
    from taizhang.accounts.models import User

    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise DomainError("no_user", f"没有账号“{username}”，或者已停用。")
    return found


def _tell(options: argparse.Namespace, upload: Upload, problems: list[Any], submitted: int, entered: int) -> None:
    if options.json:
        found = [
            {"row": p.row_no, "item": p.item, "rule": p.rule, "severity": p.severity, "message": p.message}
            for p in problems
        ]
        result = {
            "batch": str(upload.batch_id),
            "rows": upload.rows,
            "counts": upload.counts,
            "submitted": submitted,
            "entered": entered,
            "problems": found,
        }
        print(json.dumps(result, ensure_ascii=False))
        return
    print("，".join(f"{name} {upload.counts.get(kind, 0):,}" for kind, name in OUTCOMES.items()))
    for problem in problems:
        print(f"第 {problem.row_no} 行：{problem.message}")
    if upload.problems > len(problems):
        print(f"……共 {upload.problems:,} 处，用 --answer 取带批注的工作簿看全部。")
    if options.dry_run:
        print("只检查，没有提交。")
    else:
        print(
            f"已提交 {submitted:,} 行"
            + (f"，入账 {entered:,} 行。" if entered else "，等待审核。" if submitted else "。")
        )


def table(options: argparse.Namespace) -> int:
    """Write one official table or register to a file or to standard output."""
    from taizhang.statistics import actions

    content = actions.render(
        options.table, options.division, options.as_of or dt.date.today(), options.format, known=options.known
    )
    if options.output:
        options.output.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)
    return 0


def verify(options: argparse.Namespace) -> int:
    """Prove the ledger's invariants and its seals over everything it holds; lists what does not hold."""
    from taizhang.ledger import verify as invariants
    from taizhang.statistics import proving

    with processes.as_owner():  # every county at once
        problems = [*invariants.check_all(), *proving.check_all()]
    if options.json:
        print(json.dumps([dataclasses.asdict(problem) for problem in problems], ensure_ascii=False, default=str))
    else:
        for problem in problems:
            print(problem)
        print("核对完毕：恒等式全部成立。" if not problems else f"核对完毕：{len(problems)} 项不成立。")
    return 1 if problems else 0
