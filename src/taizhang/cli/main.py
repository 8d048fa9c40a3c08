"""Command line: parses, sets the environment, hands over."""

from __future__ import annotations

import os
import sys


def main(argv: list[str] | None = None) -> None:
    """Run one command; exits with its status."""
    argv = sys.argv[1:] if argv is None else argv
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taizhang.site.settings")
    if argv[:1] == ["manage"]:
        from taizhang.engine import server
        from taizhang.site.environment import read_environment

        environment = read_environment()
        if environment.database_url is None:
            server.start(environment.data_dir)
        from django.core.management import execute_from_command_line

        execute_from_command_line(["taizhang", *argv[1:]])
