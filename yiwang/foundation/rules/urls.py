from django.urls import path

from .views import reading, writing

urlpatterns = [
    path("staff/rules", reading.rules, name="rules"),
    path("staff/new-rule", writing.new, name="rule-new"),
    path("staff/rules/<slug:code>", reading.rule, name="rule"),
    path("staff/rules/<slug:code>/edit", writing.edit, name="rule-edit"),
    path("staff/rules/<slug:code>/try", writing.trial, name="rule-try"),
    path("staff/rules/<slug:code>/compare", writing.compare, name="rule-compare"),
    path("staff/rules/<slug:code>/publish", writing.publish, name="rule-publish"),
    path("staff/rules/<slug:code>/drop", writing.drop, name="rule-drop"),
    path("staff/rules/<slug:code>/file", writing.file, name="rule-file"),
    path("staff/rules/<slug:code>/decisions", reading.decisions, name="rule-decisions"),
    path("staff/decisions/<uuid:decision_id>", reading.decision, name="decision"),
]
