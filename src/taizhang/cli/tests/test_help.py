"""What the command line says of itself, in both languages."""

from __future__ import annotations

import argparse
import re

import pytest

from taizhang.cli.main import _parser, main

CHINESE, ENGLISH = re.compile(r"[一-鿿]"), re.compile(r"[A-Za-z]{3}")


def _commands() -> dict[str, argparse.ArgumentParser]:
    (group,) = (one for one in _parser()._actions if isinstance(one, argparse._SubParsersAction))
    return dict(group.choices)


@pytest.mark.parametrize("name", _commands())
def test_every_command_and_option_is_told_in_chinese_and_english(name):
    command = _commands()[name]
    for words in (command.description, *(action.help for action in command._actions)):
        assert words
        assert CHINESE.search(words)
        assert ENGLISH.search(words)


def test_a_day_that_does_not_exist_is_refused_with_the_way_to_write_it(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["table", "mouding-2017/C3", "--division", "532323", "--as-of", "2017-13-40"])
    assert "“2017-13-40”不是日期，要写成 2017-08-20" in capsys.readouterr().err
