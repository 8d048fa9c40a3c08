from django.apps import AppConfig


class CollectingConfig(AppConfig):
    name = "taizhang.collecting"
    default_auto_field = "django.db.models.BigAutoField"
