from django.urls import path

from . import views

urlpatterns = [
    path("desk/agencies", views.agencies, name="desk-agencies"),
    path("desk/agencies/<str:code>", views.agency, name="desk-agency"),
    path("desk/agencies/<str:code>/<slug:change>", views.change, name="desk-agency-change"),
    path("desk/postings/<int:posting>/end", views.relieve, name="desk-posting-end"),
    path("desk/regions", views.regions, name="desk-regions"),
    path("desk/regions/<str:code>", views.region, name="desk-region"),
    path("desk/calendar", views.calendar, name="desk-calendar"),
]
