from django.urls import path

from . import staff_views, views

urlpatterns = [
    path("items/", views.catalogue, name="items"),
    path("items/<str:code>", views.guide, name="item"),
    path("desk/items/", staff_views.listing, name="desk-items"),
    path("desk/items/new", staff_views.new, name="desk-item-new"),
    path("desk/items/<str:code>/", staff_views.item, name="desk-item"),
    path("desk/items/<str:code>/edit", staff_views.edit, name="desk-item-edit"),
    path("desk/items/<str:code>/compare", staff_views.compare, name="desk-item-compare"),
    path("desk/items/<str:code>/<slug:step>", staff_views.step, name="desk-item-step"),
]
