"""Addresses under collecting/: divisions, points, rounds; people by their opaque id only."""

from django.urls import path

from taizhang.collecting import views_points

app_name = "collecting"
urlpatterns = [
    path("points/", views_points.index, name="points"),
    path("points/propose/", views_points.propose, name="propose"),
    path("points/population/", views_points.population, name="population"),
    path("points/<uuid:point_id>/", views_points.point, name="point"),
    path("points/<uuid:point_id>/change/", views_points.change, name="change"),
]
