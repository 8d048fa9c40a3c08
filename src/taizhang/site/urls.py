"""Every room's addresses."""

from django.urls import include, path

urlpatterns = [
    path("", include("taizhang.site.pages")),
    path("accounts/", include("taizhang.accounts.urls")),
]
