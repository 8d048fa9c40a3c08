from django.urls import path, register_converter

from taizhang.divisions import views


class CodeConverter:
    regex = r"\d{2}|\d{4}|\d{6}|\d{9}|\d{12}|[A-Z]{2}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CodeConverter, "division")

app_name = "divisions"
urlpatterns = [
    path("", views.index, name="index"),
    path("options/", views.options, name="options"),
    path("branch/", views.branch, name="branch"),
    path("<division:code>/", views.unit, name="unit"),
    path("<division:code>/add/", views.add, name="add"),
    path("<division:code>/rename/", views.rename, name="rename"),
    path("<division:code>/retire/", views.retire, name="retire"),
]
