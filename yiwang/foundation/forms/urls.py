from django.urls import path

from . import views

urlpatterns = [
    path("staff/forms", views.listing, name="forms"),
    path("staff/forms/<slug:code>", views.form, name="form"),
    path("staff/forms/<slug:code>/preview", views.preview, name="form-preview"),
    path("staff/forms/<slug:code>/edit", views.edit, name="form-edit"),
    path("staff/forms/<slug:code>/compare", views.compare, name="form-compare"),
    path("staff/forms/<slug:code>/publish", views.publish, name="form-publish"),
    path("staff/forms/<slug:code>/drop", views.drop, name="form-drop"),
    path("staff/forms/<slug:code>/file", views.file, name="form-file"),
]
