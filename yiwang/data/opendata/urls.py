from django.urls import path

from .views import asking, ckan, desk, machine, portal

urlpatterns = [
    path("open/", portal.home, name="open"),
    path("open/data", portal.datasets, name="open-datasets"),
    path("open/data/<str:code>", portal.dataset, name="open-dataset"),
    path("open/data/<str:code>/files/<str:kind>", portal.download, name="open-download"),
    path("open/changes", portal.changes, name="open-changes"),
    path("open/api", portal.programs, name="open-programs"),
    path("open/wishes", asking.wishes, name="open-wishes"),
    path("open/wishes/new", asking.new_wish, name="open-wish-new"),
    path("open/wishes/<uuid:wish_id>/vote", asking.vote, name="open-wish-vote"),
    path("open/showcases", asking.showcases, name="open-showcases"),
    path("open/showcases/new", asking.new_showcase, name="open-showcase-new"),
    path("open/data/<str:code>/access", asking.access, name="open-access"),
    path("open/data/<str:code>/correct", asking.correct, name="open-correct"),
    path("open/data/<str:code>/subscribe", asking.subscribe, name="open-subscribe"),
    path("open/mine", asking.mine, name="open-mine"),
    path("open/mine/<uuid:access_id>/token", asking.token, name="open-token"),
    path("open/catalog.<str:kind>", machine.catalog, name="open-catalog"),
    path("open/data/<str:code>/dcat.<str:kind>", machine.dataset, name="open-dcat"),
    path("api/3/action/<str:action>", ckan.action, name="ckan-action"),
    path("api/action/<str:action>", ckan.action, name="ckan-action-unversioned"),
    path("desk/open", desk.datasets, name="desk-open"),
    path("desk/open/new", desk.new, name="desk-open-new"),
    path("desk/open/access", desk.accesses, name="desk-open-accesses"),
    path("desk/open/<str:code>", desk.dataset, name="desk-open-dataset"),
    path("desk/open/<str:code>/edit", desk.edit, name="desk-open-edit"),
]
