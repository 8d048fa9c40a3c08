from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    name = "taizhang.statistics"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from taizhang.statistics import (  # registers who answers for the people of a number
            behind,  # noqa: F401
            comparing,  # noqa: F401
            counted,  # noqa: F401
        )
