"""Addresses under tables/. They name tables, divisions, days and indicators; nothing about a person."""

from django.urls import path

from taizhang.statistics import views

app_name = "statistics"
urlpatterns = [
    path("", views.index, name="list"),
    path("<slug:programme>/<slug:table>/", views.table, name="table"),
    path("<slug:programme>/<slug:table>/match/", views.match, name="match"),
    path("<slug:programme>/<slug:table>/file/", views.download, name="file"),
]
