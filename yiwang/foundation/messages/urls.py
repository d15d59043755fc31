from django.urls import path

from . import views

urlpatterns = [
    path("my/messages", views.inbox, name="my-messages"),
    path("my/messages/read", views.read_all, name="my-messages-read"),
    path("my/messages/<uuid:message_id>", views.message, name="my-message"),
]
