"""Signing in and out."""

from django.http import HttpRequest, HttpResponse


def login(request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def locked_out(request: HttpRequest, response: object = None, credentials: object = None) -> HttpResponse:
    return HttpResponse("", status=429)
