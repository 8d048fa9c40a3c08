from django.urls import path

from taizhang.protection import views

app_name = "protection"
urlpatterns = [
    path("", views.entries, name="entries"),
    path("verify/", views.verify, name="verify"),
]
