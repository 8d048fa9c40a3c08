"""Addresses under comparison/: lists by their opaque id."""

from django.urls import path

from taizhang.comparison import views

app_name = "comparison"
urlpatterns = [
    path("", views.lists, name="lists"),
    path("new/", views.new, name="new"),
    path("<uuid:list_id>/", views.one, name="list"),
    path("<uuid:list_id>/decide/", views.decide, name="decide"),
    path("<uuid:list_id>/withdraw/", views.withdraw, name="withdraw"),
    path("<uuid:list_id>/unread/", views.unread, name="unread"),
]
