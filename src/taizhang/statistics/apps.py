from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    name = "taizhang.statistics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from taizhang.statistics import behind  # noqa: F401  (registers who answers for the people of a cell)
