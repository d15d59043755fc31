from django.urls import path

from . import views

urlpatterns = [
    path("my/cases/<str:number>/rate", views.rate_case, name="rate-case"),
    path("desk/ratings", views.figures, name="desk-ratings"),
    path("desk/ratings/rows", views.rows, name="desk-ratings-rows"),
]
