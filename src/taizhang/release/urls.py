"""Addresses under exports/."""

from django.urls import path

from taizhang.release import views

app_name = "release"
urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/make/", views.make, name="make"),
    path("<uuid:export_id>/", views.ready, name="ready"),
    path("<uuid:export_id>/file/", views.file, name="file"),
]
