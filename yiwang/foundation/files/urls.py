from django.urls import path

from . import template_views, views

urlpatterns = [
    path("desk/templates", template_views.listing, name="desk-templates"),
    path("desk/templates/<slug:code>", template_views.template, name="desk-template"),
    path("desk/templates/<slug:code>/<int:number>.pdf", template_views.version, name="desk-template-version"),
    path("desk/templates/<slug:code>/<int:one>-<int:other>", template_views.compare, name="desk-template-compare"),
    path("files/<uuid:file_id>", views.download, name="file"),
    path("my/materials", views.materials, name="my-materials"),
    path("my/materials/add", views.add, name="my-materials-add"),
    path("my/materials/<uuid:material_id>", views.change, name="my-material"),
    path("my/materials/<uuid:material_id>/remove", views.remove, name="my-material-remove"),
]
