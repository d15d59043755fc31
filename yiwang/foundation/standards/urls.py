from django.urls import path

from . import views

urlpatterns = [
    path("standards/", views.listing, name="standards"),
    path("standards/export.csv", views.export, name="standards-export"),
    path("standards/deviations", views.deviations, name="standards-deviations"),
    path("standards/import", views.take_over, name="standards-import"),
    path("standards/<slug:kind>/new", views.new, name="standard-new"),
    path("standards/<slug:kind>/<str:code>", views.entry, name="standard"),
    path("standards/<slug:kind>/<str:code>/edit", views.edit, name="standard-edit"),
    path("standards/<slug:kind>/<str:code>/compare", views.compare, name="standard-compare"),
    path("standards/<slug:kind>/<str:code>/publish", views.publish, name="standard-publish"),
    path("standards/<slug:kind>/<str:code>/drop", views.drop, name="standard-drop"),
    path("standards/<slug:kind>/<str:code>/withdraw", views.withdraw, name="standard-withdraw"),
    path("standards/<slug:kind>/<str:code>/export.csv", views.export_one, name="standard-export"),
]
