from django.apps import AppConfig


class BulletinsConfig(AppConfig):
    name = "taizhang.statistics.bulletins"
    default_auto_field = "django.db.models.BigAutoField"
