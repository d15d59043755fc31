from django.urls import path

from . import views

urlpatterns = [path("my/data/objections", views.mine, name="my-objections")]
