from django.urls import path

from taizhang.engine import views

app_name = "engine"
urlpatterns = [
    path("", views.tasks, name="tasks"),
    path("<uuid:progress_id>/", views.task, name="task"),
]
