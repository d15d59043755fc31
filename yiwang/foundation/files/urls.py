from django.urls import path

from . import views

urlpatterns = [
    path("files/<uuid:file_id>", views.download, name="file"),
    path("my/materials", views.materials, name="my-materials"),
    path("my/materials/add", views.add, name="my-materials-add"),
    path("my/materials/<uuid:material_id>", views.change, name="my-material"),
    path("my/materials/<uuid:material_id>/remove", views.remove, name="my-material-remove"),
]
