"""Addresses under phone/. The API under api/v1/ is in `api.py`."""

from django.urls import path

from taizhang.phone import views

app_name = "phone"
urlpatterns = [
    path("", views.home, name="home"),
    path("page/<slug:version>/<str:name>", views.page, name="page"),
    path("sw.js", views.worker, name="worker"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("trust/", views.trust, name="trust"),
    path("trust/authority.crt", views.authority, name="authority"),
    path("enrol/", views.enrol, name="enrol"),
    path("devices/", views.devices_page, name="devices"),
    path("devices/<uuid:device_id>/revoke/", views.revoke, name="revoke"),
    path("conflicts/", views.conflicts, name="conflicts"),
    path("conflicts/<uuid:uuid>/", views.conflict, name="conflict"),
]
