"""Pages and APIs of an account, on top of allauth's own."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
