"""Addresses under people/. Nothing about a person but the opaque id ever stands in one."""

from django.urls import path

from taizhang.ledger import views, views_edit, views_many, views_person

app_name = "ledger"
urlpatterns = [
    path("", views.people, name="list"),
    path("count/", views.exact_count, name="count"),
    path("search/", views.search, name="search"),
    path("rule/", views.check_rule, name="check_rule"),
    path("columns/", views.columns, name="columns"),
    path("widths/", views.widths, name="widths"),
    path("look/", views.look, name="look"),
    path("verify/", views_many.verify, name="verify"),
    path("stop/", views_many.stop, name="stop_many"),
    path("views/", views.save_view, name="save_view"),
    path("views/<int:number>/", views.open_view, name="view"),
    path("views/<int:number>/drop/", views.drop_view, name="drop_view"),
    path("new/", views_edit.new, name="new"),
    path("number/", views_edit.number, name="number"),
    path("new/form/", views_edit.new_form, name="new_form"),
    path("new/hand-in/", views_edit.create, name="create"),
    path("<uuid:worker_id>/", views_person.page, name="person"),
    path("<uuid:worker_id>/edit/", views_edit.edit, name="edit"),
    path("<uuid:worker_id>/both/", views_edit.both, name="both"),
    path("<uuid:worker_id>/stop/", views_edit.stop, name="stop"),
    path("<uuid:worker_id>/print/", views_person.printed, name="print"),
    path("<uuid:worker_id>/numbers/<str:item>/", views_person.reveal, name="reveal"),
    path("<uuid:worker_id>/numbers/<str:item>/masked/", views_person.masked, name="masked"),
]
