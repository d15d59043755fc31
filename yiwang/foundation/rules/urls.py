from django.urls import path

from . import views

urlpatterns = [
    path("staff/rules", views.rules, name="rules"),
    path("staff/rules/<slug:code>", views.rule, name="rule"),
    path("staff/decisions/<uuid:decision_id>", views.decision, name="decision"),
]
