from django.urls import path

from . import views

app_name = "intake"
urlpatterns = [
    path("", views.uploads, name="list"),
    path("new/", views.new, name="new"),
    path("template/", views.template, name="template"),
    path("<uuid:upload_id>/", views.upload, name="upload"),
    path("<uuid:upload_id>/columns/", views.columns, name="columns"),
    path("<uuid:upload_id>/check/", views.check, name="check"),
    path("<uuid:upload_id>/accept/", views.accept, name="accept"),
    path("<uuid:upload_id>/turn/", views.turn, name="turn"),
    path("<uuid:upload_id>/submit/", views.submit, name="submit"),
    path("<uuid:upload_id>/undo/", views.undo, name="undo"),
    path("<uuid:upload_id>/discard/", views.discard, name="discard"),
    path("<uuid:upload_id>/answer/", views.answer, name="answer"),
    path("<uuid:upload_id>/rows/<uuid:row_id>/", views.row, name="row"),
    path("<uuid:upload_id>/rows/<uuid:row_id>/keep/", views.keep, name="keep"),
    path("<uuid:upload_id>/rows/<uuid:row_id>/settle/", views.settle, name="settle"),
]
