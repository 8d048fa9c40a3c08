"""Every room's addresses."""

from importlib.util import find_spec

from django.urls import include, path

from taizhang.phone.api import api

ROOMS = {
    "accounts/": "accounts",
    "divisions/": "divisions",
    "people/": "ledger",
    "exports/": "release",
    "imports/": "intake",
    "review/": "review",
    "collecting/": "collecting",
    "phone/": "phone",
    "comparison/": "comparison",
    "tables/": "statistics",
    "board/": "statistics.boards",
    "targets/": "statistics.targets",
    "bulletins/": "statistics.bulletins",
    "tasks/": "engine",
    "audit/": "protection",
}

urlpatterns = [
    path("", include("taizhang.site.pages")),
    path("api/v1/", api.urls),
    *(
        path(prefix, include(f"taizhang.{room}.urls"))
        for prefix, room in ROOMS.items()
        if find_spec(f"taizhang.{room}.urls")
    ),
]

handler400 = "taizhang.site.middleware.bad_request"
handler403 = "taizhang.site.middleware.forbidden"
handler404 = "taizhang.site.middleware.missing"
handler500 = "taizhang.site.middleware.fault"
