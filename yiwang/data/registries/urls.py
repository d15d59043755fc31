from django.urls import path

from . import views

urlpatterns = [
    path("my/data/", views.my_data, name="my-data"),
    path("my/data/uses", views.uses, name="my-data-uses"),
    path("my/data/objection", views.objection, name="my-data-objection"),
]
