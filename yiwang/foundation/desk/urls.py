from django.urls import path

from .views import admin, board, case, lists

urlpatterns = [
    path("desk/", lists.queue, name="desk"),
    path("desk/cases", lists.all_cases, name="desk-cases"),
    path("desk/cases/<str:number>", case.case, name="desk-case"),
    path("desk/cases/<str:number>/unmask", case.unmask, name="desk-unmask"),
    path("desk/cases/<str:number>/move", case.move, name="desk-move"),
    path("desk/tasks/<uuid:task_id>/decide", case.decide, name="desk-decide"),
    path("desk/tasks/<uuid:task_id>/claim", case.claim, name="desk-claim"),
    path("desk/board", board.board, name="desk-board"),
    path("desk/export/<slug:listing>", admin.export, name="desk-export"),
    path("desk/admin/jobs", admin.jobs, name="desk-jobs"),
    path("desk/admin/jobs/<uuid:job_id>/rerun", admin.rerun, name="desk-rerun"),
    path("desk/admin/denials", admin.denials, name="desk-denials"),
]
