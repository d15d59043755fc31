from django.urls import path

from . import views

urlpatterns = [path("my/identity", views.identity, name="identity")]
