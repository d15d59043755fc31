from django.urls import path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("my/", views.my, name="my"),
    path("my/cases", views.my_cases, name="my-cases"),
    path("my/cases/find", views.find_case, name="find-case"),
    path("my/cases/<str:number>", views.my_case, name="my-case"),
    path("my/cases/<str:number>/answer", views.answer_case, name="answer-case"),
    path("my/cases/<str:number>/urge", views.urge_case, name="urge-case"),
    path("my/cases/<str:number>/withdraw", views.withdraw, name="withdraw"),
    path("my/receipts", views.my_receipts, name="my-receipts"),
    path("my/ratings", views.my_ratings, name="my-ratings"),
    path("my/licences", views.my_licences, name="my-licences"),
]
