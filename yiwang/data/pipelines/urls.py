from django.urls import path

from . import views

urlpatterns = [
    path("desk/pipelines", views.pipelines, name="desk-pipelines"),
    path("desk/pipelines/batches/<uuid:batch_id>", views.batch, name="desk-batch"),
    path("desk/pipelines/batches/<uuid:batch_id>/rows", views.rows, name="desk-batch-rows"),
    path("desk/pipelines/orders/<uuid:order_id>", views.order, name="desk-order"),
    path("desk/pipelines/orders/<uuid:order_id>/<str:kind>", views.order_file, name="desk-order-file"),
    path("desk/pipelines/tables/<str:code>", views.table, name="desk-theme-table"),
    path("desk/pipelines/<str:code>", views.pipeline, name="desk-pipeline"),
    path("desk/data-quality", views.quality, name="desk-data-quality"),
    path("desk/data-quality.pdf", views.report, name="desk-data-quality-report"),
]
