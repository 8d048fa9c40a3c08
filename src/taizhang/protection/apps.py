from django.apps import AppConfig


class ProtectionConfig(AppConfig):
    name = "taizhang.protection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from taizhang.protection import checks  # noqa: F401  registers itself
