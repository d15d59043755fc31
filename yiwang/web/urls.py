from django.urls import path
from django.views.i18n import set_language

from . import views

urlpatterns = [
    path("reading", views.reading, name="reading"),
    path("language", set_language, name="set_language"),
    path("accessibility", views.accessibility, name="accessibility"),
    path("look", views.look, name="look"),
]
