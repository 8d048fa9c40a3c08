"""Addresses under board/: programmes, divisions, days, items; nothing about a person."""

from django.urls import path

from taizhang.statistics.boards import views

app_name = "boards"
urlpatterns = [
    path("", views.board, name="board"),
    path("pivot/", views.pivot, name="pivot"),
]
