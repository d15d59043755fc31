from django.urls import path

from . import views

urlpatterns = [
    path("my/mandates", views.mandates, name="my-mandates"),
    path("my/mandates/new", views.new, name="new-mandate"),
    path("my/mandates/<uuid:mandate_id>", views.mandate, name="mandate"),
    path("my/mandates/standings/<uuid:standing_id>/end", views.end_standing, name="end-standing"),
]
