"""A wrong installation says what is wrong and what to do instead of starting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from taizhang.cli import run


@pytest.mark.django_db
def test_a_right_installation_starts(capsys: pytest.CaptureFixture[str]) -> None:
    run.check()
    assert capsys.readouterr().err == ""


@pytest.mark.django_db
def test_a_wrong_one_says_what_to_do_and_does_not_start(
    capsys: pytest.CaptureFixture[str], settings: Any, tmp_path: Path
) -> None:
    settings.PRODUCTION, settings.KEY_FILE = True, tmp_path / "gone.json"
    with pytest.raises(SystemExit, match="1"):
        run.check()
    said = capsys.readouterr().err
    assert "taizhang.E003 没有找到密钥文件" in said
    assert "用 TAIZHANG_KEY_FILE 指出它在哪里" in said


def test_the_web_server_is_told_where_to_listen() -> None:
    command = run.web_server("0.0.0.0", 8123, 3)
    assert command[command.index("--port") + 1] == "8123"
    assert command[command.index("--workers") + 1] == "3"
    assert command[-1] == "taizhang.site.wsgi:application"
