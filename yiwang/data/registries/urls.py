from django.urls import path

from . import stewards, views

urlpatterns = [
    path("my/data/", views.my_data, name="my-data"),
    path("my/data/uses", views.uses, name="my-data-uses"),
    path("my/data/objection", views.objection, name="my-data-objection"),
    path("desk/registers/", stewards.registers, name="desk-registers"),
    path("desk/registers/<str:code>/", stewards.register, name="desk-register"),
    path("desk/registers/<str:code>/conflicts", stewards.conflicts, name="desk-register-conflicts"),
    path("desk/registers/<str:code>/pairs", stewards.pairs, name="desk-register-pairs"),
    path("desk/registers/<str:code>/link", stewards.link, name="desk-register-link"),
    path("desk/registers/<str:code>/record", stewards.record, name="desk-register-record"),
    path("desk/registers/<str:code>/correct", stewards.correct, name="desk-register-correct"),
    path("desk/registers/conflicts/<uuid:conflict_id>", stewards.conflict, name="desk-register-conflict"),
    path("desk/registers/pairs/<uuid:link_id>", stewards.pair, name="desk-register-pair"),
]
