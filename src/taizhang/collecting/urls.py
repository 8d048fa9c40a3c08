"""Addresses under collecting/: divisions, points, rounds; people by their opaque id only."""

from django.urls import path

from taizhang.collecting import (
    views,
    views_additions,
    views_households,
    views_monthend,
    views_paper,
    views_points,
    views_work,
)

app_name = "collecting"
urlpatterns = [
    path("", views.rounds, name="rounds"),
    path("today/", views.today, name="today"),
    path("work/", views_work.work, name="work"),
    path("work/file/", views_work.work_file, name="work_file"),
    path("handover/", views_work.hand_over, name="handover"),
    path("open/", views.open_round, name="open"),
    path("verify/", views.verify, name="verify"),
    path("people/<uuid:worker_id>/attempts/", views.attempts, name="attempts"),
    path("people/<uuid:worker_id>/attempt/", views.attempt, name="attempt"),
    path("rounds/<uuid:round_id>/people/", views.people, name="people"),
    path("rounds/<uuid:round_id>/close/", views.close, name="close"),
    path("points/", views_points.index, name="points"),
    path("points/propose/", views_points.propose, name="propose"),
    path("points/population/", views_points.population, name="population"),
    path("points/<uuid:point_id>/", views_points.point, name="point"),
    path("points/<uuid:point_id>/change/", views_points.change, name="change"),
    path("additions/", views_additions.index, name="additions"),
    path("additions/decide/", views_additions.decide, name="additions_decide"),
    path("monthend/", views_monthend.index, name="monthend"),
    path("monthend/unit/", views_monthend.unit, name="monthend_unit"),
    path("monthend/act/", views_monthend.act, name="monthend_act"),
    path("households/", views_households.index, name="households"),
    path("households/<int:household_id>/", views_households.household, name="household"),
    path("households/<int:household_id>/head/", views_households.head, name="household_head"),
    path("people/<uuid:worker_id>/household/", views_households.of_person, name="household_of"),
    path("people/<uuid:worker_id>/household/move/", views_households.move, name="move_household"),
    path("papers/", views_paper.papers, name="papers"),
    path("papers/<uuid:paper_id>/", views_paper.paper_ready, name="paper_ready"),
    path("papers/<uuid:paper_id>/file/", views_paper.paper_file, name="paper_file"),
    path("scans/", views_paper.scans_page, name="scans"),
    path("scans/<uuid:picture_id>/", views_paper.scan, name="scan"),
    path("scans/<uuid:picture_id>/picture/", views_paper.picture, name="picture"),
    path("people/<uuid:worker_id>/pictures/", views_paper.pictures_of, name="pictures"),
]
