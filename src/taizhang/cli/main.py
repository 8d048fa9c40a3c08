"""Command line: one parser, Chinese and English help, each command in the module that does it."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from pathlib import Path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./taizhang",
        description="台账：农村劳动力实名制就业信息台账。A real-name ledger of rural workers' employment.",
        epilog="正式部署用环境变量 / production reads: TAIZHANG_DATABASE_URL, TAIZHANG_DATA_DIR, TAIZHANG_KEY_FILE。",
        add_help=False,
    )
    _help(parser)
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="命令 COMMAND", help="各命令加 --help 看用法 / COMMAND --help tells more"
    )

    def command(name: str, words: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=words, description=words, add_help=False)
        _help(found)
        return found

    demo = command("demo", "演示：建库、造演示人员、启动网站 / build a demo county and serve it")
    demo.add_argument(
        "--programme",
        default="mouding-2017",
        help="方案 / programme id (mouding-2017, guzhang-2020, shanxi-2022, sichuan-2022, heyuan-2018)",
    )
    demo.add_argument("--county", help="县级区划代码，6 位，缺省用方案的县 / county code, 6 digits (the programme's)")
    demo.add_argument("--people", type=int, default=31_000, help="人数 / number of people (31000)")
    demo.add_argument("--no-serve", action="store_true", help="只建库不启动 / build only")
    _address(demo)

    serve = command("serve", "启动网站 / start the web server")
    _address(serve)
    serve.add_argument("--workers", type=int, default=2, help="进程数 / processes (2)")
    command("work", "启动后台任务 / run background jobs")
    command("migrate", "建表或升级 / create or upgrade the database")

    load = command("import", "导入工作簿：检查、提交 / check and submit a workbook")
    load.add_argument("file", type=Path, help="工作簿 / workbook: xlsx, xls, xlsb, ods, csv")
    load.add_argument("--form", required=True, help="表式，如 shanxi-2022 / form id")
    load.add_argument("--as", dest="user", required=True, metavar="USER", help="以哪个账号 / account that imports")
    load.add_argument("--collected-on", type=_day, metavar="DATE", help="采集日期，缺省今天 / collection date (today)")
    load.add_argument(
        "--approve-as",
        action="append",
        default=[],
        metavar="USER",
        help="审核账号，可多次，按审核顺序 / reviewing accounts, in order",
    )
    load.add_argument("--answer", type=Path, help="把带批注的工作簿写到 / write the marked workbook here")
    load.add_argument("--dry-run", action="store_true", help="只检查 / check only")
    _json(load)

    table = command("table", "出报表 / compute an official table")
    table.add_argument("table", help="方案/表，如 mouding-2017/C3 / programme and table")
    table.add_argument("--division", required=True, help="区划代码 / division code")
    table.add_argument("--as-of", type=_day, metavar="DATE", help="截至日期，缺省今天 / as-of date (today)")
    table.add_argument("--format", choices=["json", "xlsx", "csv", "pdf"], default="json", help="格式 / format (json)")
    table.add_argument("--output", "-o", type=Path, help="写到文件，缺省写到屏幕 / file (standard output)")
    _known(table, "now")

    certify = command("certify", "表库相符：一张表的每个数各数两遍 / count a table twice and compare")
    certify.add_argument("table", help="方案/表，如 mouding-2017/C3 / programme and table")
    certify.add_argument("--division", required=True, help="区划代码 / division code")
    certify.add_argument("--as-of", type=_day, metavar="DATE", required=True, help="截至日期 / as-of date")
    _known(certify, "then")
    certify.add_argument("--output", "-o", type=Path, help="把签了名的证明写到 / write the signed certificate here")

    report = command("check-report", "不连系统核对一份导出的报表 / check an exported report file, without the server")
    report.add_argument("file", type=Path, help="系统导出的 xlsx 或 json / an exported xlsx or json")
    report.add_argument("--public-key", help="出报表的系统的公钥，64 位十六进制 / its public key, 64 hex digits")
    report.add_argument(
        "--seal", type=Path, help="封账文件夹，有就从里面重新数 / the seal's folder: count again from it"
    )
    _json(report)

    _json(command("verify", "核对台账恒等式 / prove that the ledger balances"))

    command("check", "开发用：格式、类型、分层、文档 / for developers: format, types, floors, docs")
    command("fix", "开发用：整理格式、重建文档 / for developers: format and regenerate docs")
    test = command("test", "全部测试 / run all tests")
    test.add_argument("rest", nargs=argparse.REMAINDER, help="交给 pytest / passed to pytest")
    bench = command("bench", "测速 / measure")
    bench.add_argument(
        "what", nargs="?", choices=["import", "pages", "tables", "phone"], help="测哪一项，缺省全部 / which (all)"
    )
    _json(bench)
    bench.add_argument("--people", type=int, help="人数，少些更快 / people, fewer for a quicker look")
    command("lock", "开发用：重新锁定依赖 / for developers: pin requirements again")
    manage = command("manage", "Django 管理命令（以属主身份）/ Django's own commands, as owner")
    manage.add_argument("rest", nargs=argparse.REMAINDER, help="交给 Django / passed to Django")
    return parser


def _help(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-h", "--help", action="help", help="显示这段说明 / show this help")


def _known(parser: argparse.ArgumentParser, default: str) -> None:
    said = "now 按现在的台账，then 按封账时，没有封账的按那天为止的记录"
    parser.add_argument(
        "--known", choices=["now", "then"], default=default, help=f"{said} / as known now or then ({default})"
    )


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="结果用 JSON / result as JSON")


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"“{text}”不是日期，要写成 2017-08-20 / not a date, write YYYY-MM-DD"
        ) from None


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="监听地址 / address (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="端口 / port (8000)")
    parser.add_argument(
        "--https",
        action="store_true",
        help="用本单位自己的证书走 https，局域网里的手机才能离线采集 / https with a certificate of your own, for phones",
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        help="证书还要写上的域名或地址，可多次 / further names for the certificate",
    )


def main(argv: list[str] | None = None) -> None:
    """Run one command; exits with its status."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] in (["test"], ["manage"]):  # everything behind them belongs to another program
        options = argparse.Namespace(command=arguments[0], rest=arguments[1:])
    else:
        options = _parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taizhang.site.settings")
    sys.exit(_run(options) or 0)


def _run(options: argparse.Namespace) -> int | None:
    # Imported late: `--help` and `test` must not wait for Django.
    match options.command:
        case "demo":
            from taizhang.cli import demo

            return demo.run(options)
        case "serve" | "work" | "migrate" | "manage":
            from taizhang.cli import run

            return run.run(options)
        case "certify" | "check-report":
            from taizhang.cli import reports

            return reports.run(options)
        case "import" | "table" | "verify":
            from taizhang.cli import records

            return records.run(options)
        case "bench":
            from taizhang.cli import bench

            return bench.run(options)
        case _:
            from taizhang.cli import quality

            return quality.run(options)
