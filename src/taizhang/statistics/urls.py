"""Addresses under tables/. They name tables, divisions, days and indicators; nothing about a person."""

from django.urls import path

from taizhang.statistics import views, views_hand, views_periods, views_rules, views_versions

app_name = "statistics"
urlpatterns = [
    path("", views.index, name="list"),
    path("indicators/", views_rules.indicators, name="indicators"),
    path("indicators/changes/", views_versions.changes, name="changes"),
    path("indicators/changes/<uuid:version_id>/", views_versions.version, name="version"),
    path("indicators/changes/<uuid:version_id>/decide/", views_versions.decide, name="decide"),
    path("indicators/<slug:programme>/parameter/<str:parameter>/", views_versions.try_value, name="parameter"),
    path("indicators/<slug:programme>/<slug:indicator>/", views_rules.indicator, name="indicator"),
    path("indicators/<slug:programme>/<slug:indicator>/try/", views_versions.try_rule, name="whatif"),
    path("why/<uuid:worker_id>/", views_rules.why, name="why"),
    path("compare/", views_rules.compare, name="compare"),
    path("reports/<uuid:report_id>/", views.report, name="report"),
    path("reports/<uuid:report_id>/file/", views.report_file, name="report_file"),
    path("periods/", views_periods.index, name="periods"),
    path("periods/move/", views_periods.move, name="period_move"),
    path("periods/seal/", views_periods.seal_now, name="seal_now"),
    path("periods/seals/<uuid:seal_id>/", views_periods.seal, name="seal"),
    path("periods/<slug:programme>/<slug:period>/adjustments/", views_periods.adjustments, name="adjustments"),
    path("periods/certificates/<uuid:certificate_id>/", views_periods.certificate, name="certificate"),
    path("periods/certificates/<uuid:certificate_id>/file/", views_periods.certificate_file, name="certificate_file"),
    path("<slug:programme>/<slug:table>/certify/", views_periods.certify, name="certify"),
    path("<slug:programme>/<slug:table>/", views.table, name="table"),
    path("<slug:programme>/<slug:table>/hand/", views_hand.hand, name="hand"),
    path("<slug:programme>/<slug:table>/match/", views.match, name="match"),
    path("<slug:programme>/<slug:table>/file/", views.download, name="file"),
]
