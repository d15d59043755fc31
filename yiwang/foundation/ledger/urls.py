from django.urls import path

from . import views

urlpatterns = [
    path("verify", views.verify, name="verify"),
    path("verify/log", views.log, name="ledger-log"),
    path("verify/<str:code>", views.entry, name="verify-entry"),
]
