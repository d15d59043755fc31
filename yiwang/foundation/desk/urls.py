from django.urls import path

from .views import admin, batch, board, case, handing, lists, people, saved, webhooks

urlpatterns = [
    path("desk/", lists.queue, name="desk"),
    path("desk/cases", lists.all_cases, name="desk-cases"),
    path("desk/cases/<str:number>", case.case, name="desk-case"),
    path("desk/cases/<str:number>/unmask", case.unmask, name="desk-unmask"),
    path("desk/cases/<str:number>/move", case.move, name="desk-move"),
    path("desk/tasks/<uuid:task_id>/decide", case.decide, name="desk-decide"),
    path("desk/tasks/<uuid:task_id>/claim", case.claim, name="desk-claim"),
    path("desk/batch", batch.run, name="desk-batch"),
    path("desk/batch/undo", batch.undo, name="desk-undo"),
    path("desk/views/<slug:listing>", saved.save, name="desk-save-view"),
    path("desk/views/<slug:listing>/<uuid:view_id>/delete", saved.delete, name="desk-delete-view"),
    path("desk/leavers", handing.leavers, name="desk-leavers"),
    path("desk/leavers/<int:account_id>", handing.leaver, name="desk-leaver"),
    path("desk/leavers/hand-overs/<uuid:hand_over_id>", handing.handed_over, name="desk-hand-over"),
    path("desk/board", board.board, name="desk-board"),
    path("desk/export/<slug:listing>", admin.export, name="desk-export"),
    path("desk/admin/jobs", admin.jobs, name="desk-jobs"),
    path("desk/admin/jobs/<uuid:job_id>/rerun", admin.rerun, name="desk-rerun"),
    path("desk/admin/denials", admin.denials, name="desk-denials"),
    path("desk/admin/webhooks", webhooks.webhooks, name="desk-webhooks"),
    path("desk/admin/webhooks/help", webhooks.how_to, name="desk-webhook-help"),
    path("desk/admin/webhooks/<uuid:webhook_id>", webhooks.webhook, name="desk-webhook"),
    path(
        "desk/admin/webhooks/<uuid:webhook_id>/<uuid:delivery_id>/resend", webhooks.resend, name="desk-webhook-resend"
    ),
    path("desk/admin/people", people.people, name="desk-people"),
    path("desk/admin/people/new", people.new_account, name="desk-new-account"),
    path("desk/admin/people/<int:account_id>", people.person, name="desk-person"),
    path("desk/admin/roles", people.roles, name="desk-roles"),
    path("desk/admin/access", people.who_may, name="desk-who-may"),
    path("desk/admin/public", people.public_routes, name="desk-public"),
]
