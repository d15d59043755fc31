from django.urls import path

from .views import public, resources, supply

urlpatterns = [
    path("data/catalogue/", public.listing, name="open-catalogue"),
    path("data/catalogue/<str:code>", public.resource, name="open-resource"),
    path("desk/resources/", resources.listing, name="desk-resources"),
    path("desk/resources/new", resources.new, name="desk-resource-new"),
    path("desk/resources/survey/", supply.survey, name="desk-survey"),
    path("desk/resources/survey/prepared.xlsx", supply.survey_file, {"kind": "xlsx"}, name="desk-survey-xlsx"),
    path("desk/resources/survey/prepared.csv", supply.survey_file, {"kind": "csv"}, name="desk-survey-csv"),
    path("desk/resources/survey/<uuid:survey_id>", supply.survey_result, name="desk-survey-result"),
    path("desk/resources/<str:code>/", resources.resource, name="desk-resource"),
    path("desk/resources/<str:code>/edit", resources.edit, name="desk-resource-edit"),
    path("desk/resources/<str:code>/compare", resources.compare, name="desk-resource-compare"),
    path("desk/resources/<str:code>/<slug:step>", resources.step, name="desk-resource-step"),
    path("desk/demands/", supply.demands, name="desk-demands"),
    path("desk/demands/new", supply.new_demand, name="desk-demand-new"),
    path("desk/demands/<uuid:demand_id>/", supply.demand, name="desk-demand"),
    path("desk/demands/<uuid:demand_id>/rate", supply.rate, name="desk-demand-rate"),
    path("desk/data/responsibilities", supply.responsibilities, name="desk-responsibilities"),
    path("desk/data/negative-list", supply.negative_list, name="desk-negative-list"),
    path("desk/data/figures", supply.figures, name="desk-catalogue-figures"),
]
