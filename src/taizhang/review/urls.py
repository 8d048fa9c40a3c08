"""Addresses under review/: opaque ids, division codes, outcomes and months; nothing about a person."""

from django.urls import path

from taizhang.review import views, views_many, views_own

app_name = "review"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("approve/", views_many.approve_many, name="approve_many"),
    path("return/", views_many.return_many, name="return_many"),
    path("returned/", views_own.returned, name="returned"),
    path("mine/", views_own.mine, name="mine"),
    path("<uuid:submission_id>/", views.one, name="record"),
    path("<uuid:submission_id>/approve/", views.approve, name="approve"),
    path("<uuid:submission_id>/return/", views.send_back, name="send_back"),
    path("<uuid:submission_id>/correct/", views_own.correct, name="correct"),
    path("<uuid:submission_id>/withdraw/", views_own.withdraw, name="withdraw"),
]
