from django.apps import AppConfig


class PhoneConfig(AppConfig):
    name = "taizhang.phone"
    label = "phone"
    default_auto_field = "django.db.models.BigAutoField"
