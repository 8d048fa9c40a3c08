from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    name = "taizhang.statistics"
    default_auto_field = "django.db.models.BigAutoField"
