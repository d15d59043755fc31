from django.urls import path

from . import import_views, staff_views, views

urlpatterns = [
    path("items/", views.catalogue, name="items"),
    path("items/<str:code>", views.guide, name="item"),
    path("desk/items/", staff_views.listing, name="desk-items"),
    path("desk/items/new", staff_views.new, name="desk-item-new"),
    path("desk/items/imports/", import_views.upload, name="desk-item-imports"),
    path("desk/items/imports/<uuid:import_id>", import_views.progress, name="desk-item-import"),
    path("desk/items/imports/<uuid:import_id>/report.csv", import_views.report, name="desk-item-import-report"),
    path("desk/items/<str:code>/", staff_views.item, name="desk-item"),
    path("desk/items/<str:code>/edit", staff_views.edit, name="desk-item-edit"),
    path("desk/items/<str:code>/compare", staff_views.compare, name="desk-item-compare"),
    path("desk/items/<str:code>/<slug:step>", staff_views.step, name="desk-item-step"),
]
