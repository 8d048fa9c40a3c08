from django.urls import path

from taizhang.accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.users, name="users"),
    path("login/", views.login, name="login"),
    path("alive/", views.alive, name="alive"),
    path("logout/", views.logout, name="logout"),
    path("password/", views.password, name="password"),
    path("new/", views.create, name="create"),
    path("<uuid:user_id>/", views.user, name="user"),
    path("<uuid:user_id>/grant/", views.grant, name="grant"),
    path("<uuid:user_id>/disable/", views.disable, name="disable"),
    path("<uuid:user_id>/enable/", views.enable, name="enable"),
    path("<uuid:user_id>/unlock/", views.unlock, name="unlock"),
    path("<uuid:user_id>/reset/", views.reset, name="reset"),
]
