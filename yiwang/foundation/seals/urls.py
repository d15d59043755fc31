from django.urls import path

from . import views

urlpatterns = [
    path("desk/keys", views.keys, name="desk-keys"),
    path("desk/keys/rotate", views.rotate, name="desk-key-rotate"),
    path("desk/seals", views.register, name="desk-seals"),
    path("desk/seals/make", views.make, name="desk-seal-make"),
    path("desk/seals/<str:code>", views.seal, name="desk-seal"),
    path("desk/seals/<str:code>/<slug:change>", views.change, name="desk-seal-change"),
]
