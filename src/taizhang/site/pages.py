"""Home."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path


def home(request: HttpRequest) -> HttpResponse:
    """What is due, by role."""
    return render(request, "site/home.html")


app_name = "site"
urlpatterns = [path("", home, name="home")]
