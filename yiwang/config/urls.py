"""The addresses of the node. Each room brings its own ``urls.py``; this page only says under which prefix."""

from __future__ import annotations

from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from yiwang.web import views

from .api import api
from .metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", api.urls),
    path("_allauth/", include("allauth.headless.urls")),
    path("", include("yiwang.web.urls")),
]
urlpatterns += [path("", include(f"{room}.urls")) for room in settings.ROOMS if find_spec(f"{room}.urls")]

handler400 = "yiwang.config.answers.bad_request"
handler404 = "yiwang.config.answers.not_found"
handler500 = "yiwang.config.answers.failed"
