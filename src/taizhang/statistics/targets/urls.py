"""Addresses under targets/: programmes, goals, divisions, periods and days; nothing about a person."""

from django.urls import path

from taizhang.statistics.targets import views

app_name = "targets"
urlpatterns = [
    path("", views.index, name="list"),
    path("<slug:programme>/<slug:goal>/", views.goal, name="goal"),
    path("<slug:programme>/<slug:goal>/set/", views.set_target, name="set"),
    path("<slug:programme>/<slug:goal>/split/", views.split, name="split"),
]
