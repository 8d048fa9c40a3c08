from django.apps import AppConfig


class ReleaseConfig(AppConfig):
    name = "taizhang.release"
    label = "release"
