"""Addresses under bulletins/: opaque ids, programmes, divisions, periods; nothing about a person."""

from django.urls import path

from taizhang.statistics.bulletins import views

app_name = "bulletins"
urlpatterns = [
    path("", views.index, name="list"),
    path("make/", views.make, name="make"),
    path("<uuid:bulletin_id>/", views.bulletin, name="bulletin"),
    path("<uuid:bulletin_id>/issue/", views.issue, name="issue"),
    path("<uuid:bulletin_id>/file/", views.file, name="file"),
]
