from django.urls import path

from . import desk_views, views

urlpatterns = [
    path("apply/<str:item_code>", views.begin, name="apply"),
    path("drafts/<uuid:draft_id>/", views.overview, name="draft"),
    path("drafts/<uuid:draft_id>/situation", views.situation, name="draft-situation"),
    path("drafts/<uuid:draft_id>/parts/<slug:part_code>", views.part, name="draft-part"),
    path("drafts/<uuid:draft_id>/materials", views.materials, name="draft-materials"),
    path("drafts/<uuid:draft_id>/check", views.check, name="draft-check"),
    path("drafts/<uuid:draft_id>/discard", views.discard, name="draft-discard"),
    path("my/cases/<str:number>/submitted", views.submitted, name="submitted"),
    path("my/cases/<str:number>/receipt.pdf", views.receipt_paper, name="receipt-pdf"),
    path("my/cases/<str:number>/receipt.json", views.receipt_json, name="receipt-json"),
    path("my/cases/<str:number>/correct", views.correct, name="correct"),
    path("desk/cases/<str:number>/reopen", desk_views.reopen, name="desk-reopen"),
    path("desk/cases/<str:number>/deliver", desk_views.deliver, name="desk-deliver"),
]
