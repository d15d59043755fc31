from django.urls import path

from .views import clients, figures, grants, requests

urlpatterns = [
    path("desk/sharing/", grants.grants, name="desk-sharing"),
    path("desk/sharing/requests", requests.requests, name="desk-sharing-requests"),
    path("desk/sharing/apply", requests.choose, name="desk-sharing-choose"),
    path("desk/sharing/apply/<str:code>", requests.apply, name="desk-sharing-apply"),
    path("desk/sharing/figures", figures.figures, name="desk-sharing-figures"),
    path("desk/sharing/clients", clients.clients, name="desk-clients"),
    path("desk/sharing/clients/<str:code>", clients.client, name="desk-client"),
    path("desk/sharing/grants/<str:number>", grants.grant, name="desk-grant"),
    path("desk/sharing/grants/<str:number>/paper", grants.paper, name="desk-grant-paper"),
    path("desk/sharing/grants/<str:number>/uses", grants.uses, name="desk-grant-uses"),
]
