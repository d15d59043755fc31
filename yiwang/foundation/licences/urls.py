from django.urls import path

from . import views

urlpatterns = [
    path("l/s/<str:token>", views.shown, name="licence-shown"),
    path("l/<str:code>", views.public, name="licence-check"),
    path("my/licences/<str:number>", views.mine, name="my-licence"),
    path("my/licences/<str:number>/paper.pdf", views.paper, name="licence-paper"),
    path("my/licences/<str:number>/show", views.show, name="licence-show"),
    path("desk/licences", views.register, name="desk-licences"),
    path("desk/licences/<str:number>", views.detail, name="desk-licence"),
    path("desk/licences/<str:number>/annul", views.annul, name="desk-licence-annul"),
    path("desk/licences/<str:number>/<slug:move>", views.edition, name="desk-licence-edition"),
]
