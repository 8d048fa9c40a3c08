"""Addresses under tables/. They name tables, divisions, days and indicators; nothing about a person."""

from django.urls import path

from taizhang.statistics import views, views_rules

app_name = "statistics"
urlpatterns = [
    path("", views.index, name="list"),
    path("indicators/", views_rules.indicators, name="indicators"),
    path("indicators/<slug:programme>/<slug:indicator>/", views_rules.indicator, name="indicator"),
    path("indicators/<slug:programme>/<slug:indicator>/try/", views_rules.whatif, name="whatif"),
    path("why/<uuid:worker_id>/", views_rules.why, name="why"),
    path("compare/", views_rules.compare, name="compare"),
    path("<slug:programme>/<slug:table>/", views.table, name="table"),
    path("<slug:programme>/<slug:table>/match/", views.match, name="match"),
    path("<slug:programme>/<slug:table>/file/", views.download, name="file"),
]
