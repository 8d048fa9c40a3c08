from django.apps import AppConfig


class ProtectionConfig(AppConfig):
    name = "taizhang.protection"
    default_auto_field = "django.db.models.BigAutoField"
