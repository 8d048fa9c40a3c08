from django.apps import AppConfig


class EngineConfig(AppConfig):
    name = "taizhang.engine"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from taizhang.engine import checks  # noqa: F401  registers itself
