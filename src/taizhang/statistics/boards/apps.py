from django.apps import AppConfig


class BoardsConfig(AppConfig):
    name = "taizhang.statistics.boards"

    def ready(self) -> None:
        from taizhang.statistics.boards import people  # noqa: F401  registers who stands behind a mark
