"""The parts of docs/ that are made from code: `./taizhang fix` writes them, `./taizhang check` compares them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from taizhang.site.environment import ROOT


def pages() -> dict[Path, str]:
    """Every generated page: its file and what it must hold."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taizhang.site.settings")
    import django

    django.setup()
    from taizhang import catalogue
    from taizhang.catalogue.handbook import handbook
    from taizhang.collecting import monthstates
    from taizhang.review import periodstates, policies

    loaded = catalogue.load()
    diagrams = [
        policies.diagram(name, review)
        for programme in loaded.programmes.values()
        for name, review in (
            {f"{programme.name}：{way.name or key}": way for key, way in programme.review_ways.items()}
            or {programme.name: programme.review}
        ).items()
    ]
    head = "# 审核状态图\n\n由 `src/taizhang/review/policies.py` 、`periodstates.py` 和 `collecting/monthstates.py` 的表生成，不要手改。\n\n"
    return {
        ROOT / "docs" / "data-items.md": handbook(loaded),
        ROOT / "docs" / "review-states.md": head
        + "\n".join([*diagrams, monthstates.diagram(), periodstates.diagram()]),
    }


def main() -> int:
    """Write the pages; with `--check` only say which differ."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} 不是最新的，请运行 ./taizhang fix")
        return 1 if stale else 0
    made = pages()
    for path in stale:
        path.write_text(made[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
