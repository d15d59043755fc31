from django.urls import path

from . import migration_views, views

urlpatterns = [
    path("staff/procedures", views.listing, name="procedures"),
    path("staff/new-procedure", views.new, name="procedure-new"),
    path("staff/procedures/<slug:code>", views.procedure, name="procedure"),
    path("staff/procedures/<slug:code>/edit", views.edit, name="procedure-edit"),
    path("staff/procedures/<slug:code>/try", views.trial, name="procedure-try"),
    path("staff/procedures/<slug:code>/compare", views.compare, name="procedure-compare"),
    path("staff/procedures/<slug:code>/publish", views.publish, name="procedure-publish"),
    path("staff/procedures/<slug:code>/drop", views.drop, name="procedure-drop"),
    path("staff/procedures/<slug:code>/file", views.file, name="procedure-file"),
    path("staff/procedures/<slug:code>/migrate", migration_views.migrate, name="procedure-migrate"),
    path(
        "staff/procedures/<slug:code>/migrations/<uuid:migration_id>",
        migration_views.migration,
        name="procedure-migration",
    ),
]
