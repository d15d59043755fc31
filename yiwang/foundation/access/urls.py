from django.urls import path

from . import views

urlpatterns = [
    path("my/identity", views.identity, name="identity"),
    path("my/level", views.level, name="my-level"),
]
