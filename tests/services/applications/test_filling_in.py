"""Filling in: what was typed is kept, what registers know cannot be changed, and numbers stay on the node."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories.applications import (
    ANSWERS,
    FOOD,
    JOBLESS,
    SITUATIONS,
    draft_for,
    jobless,
    owner,
    ready,
    signed,
)
from tests.factories.browsing import browser_of
from yiwang.data.registries.models import RegisterRecord
from yiwang.foundation.access.queries import system
from yiwang.foundation.forms import actions as forms
from yiwang.foundation.forms.models import FormVersion
from yiwang.kernel.refusals import Invalid
from yiwang.services.applications import actions, queries
from yiwang.services.applications.models import Draft

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]
NUMBER, PHONE = "990102198804129023", "16480000001"


def page(draft: Draft, part: str, actor: Any = None) -> str:
    response = browser_of(actor or owner()).get(f"/drafts/{draft.id}/parts/{part}")
    assert response.status_code == 200
    return response.content.decode()


class TestSituation:
    def test_the_answers_decide_the_materials(self) -> None:
        me = owner()
        draft = draft_for(me)
        actions.answer_situation(me, draft.id, {**SITUATIONS[FOOD], "premises": "owned"})
        assert "lease" not in {given.need.code for given in queries.draft_view(me, draft.id).materials}
        actions.answer_situation(me, draft.id, SITUATIONS[FOOD])
        assert "lease" in {given.need.code for given in queries.draft_view(me, draft.id).materials}

    def test_another_answer_drops_the_materials_it_no_longer_asks_for(self) -> None:
        me = owner()
        draft = ready(me)
        assert draft.materials.filter(code="lease").exists()
        actions.answer_situation(me, draft.id, {**SITUATIONS[FOOD], "premises": "owned"})
        assert {row.code for row in draft.materials.all()} == {"layout", "health"}
        filing = actions.submit(me, draft.id, **signed(me))
        assert "lease_until" not in filing.data
        assert "lease" not in {row.code for row in filing.materials.all()}

    def test_each_question_is_asked_for(self) -> None:
        me = owner()
        draft = draft_for(me)
        with pytest.raises(Invalid) as caught:
            actions.answer_situation(me, draft.id, {"business": "spaceport"})
        assert [(problem.field, problem.rule) for problem in caught.value.problems] == [
            ("situation.business", "choice"), ("situation.premises", "required"), ("situation.online", "required"),
        ]  # fmt: skip
        assert not Draft.objects.get(id=draft.id).situation_done

    def test_what_nobody_asked_is_not_kept(self) -> None:
        me = owner()
        draft = actions.answer_situation(me, draft_for(me).id, {**SITUATIONS[FOOD], "weather": "fine"})
        assert draft.situation == SITUATIONS[FOOD]

    def test_the_page_shows_what_is_missing_and_what_was_chosen(self) -> None:
        me = owner()
        draft = draft_for(me)
        client = browser_of(me)
        response = client.post(f"/drafts/{draft.id}/situation", {"situation.premises": "rented"})
        text = response.content.decode()
        assert response.status_code == 422
        assert "有 2 处需要改正" in text
        assert 'value="rented" id="f-situation-premises-2" checked' in text
        assert 'href="#f-situation-business"' in text
        assert 'id="f-situation-business"' in text
        answers = {f"situation.{code}": answer for code, answer in SITUATIONS[FOOD].items()}
        assert client.post(f"/drafts/{draft.id}/situation", answers).url == f"/drafts/{draft.id}/parts/firm"


class TestAnswers:
    def test_what_is_wrong_is_kept_as_it_was_typed(self) -> None:
        me = owner()
        draft = draft_for(me)
        actions.save_answers(me, draft.id, {"staff": "four", "safety_manager_phone": "12"}, part="business")
        kept = Draft.objects.get(id=draft.id)
        assert (kept.data["staff"], kept.data["safety_manager_phone"]) == ("four", "12")
        assert kept.parts_done == ["business"]
        problems = {problem.field: problem for problem in queries.draft_view(me, draft.id).problems}
        assert problems["form.staff"].rule == "type"

    def test_what_the_form_does_not_ask_is_not_kept(self) -> None:
        me = owner()
        draft = actions.save_answers(me, draft_for(me).id, {"staff": 4, "is_admin": True, "case": "1"})
        assert "is_admin" not in draft.data

    def test_too_much_is_refused_and_nothing_is_lost(self) -> None:
        me = owner()
        draft = actions.save_answers(me, draft_for(me).id, {"safety_manager": "林晓梅"})
        for beyond in ("长" * 400_000, [[[[["deep"]]]]], 10**30, "\ud800"):
            with pytest.raises(Invalid, match="没有保存") as caught:
                actions.save_answers(me, draft.id, {"safety_manager": beyond})
            assert caught.value.problems
        assert Draft.objects.get(id=draft.id).data["safety_manager"] == "林晓梅"

    def test_an_answer_for_a_question_that_is_not_asked_does_not_count(self) -> None:
        """Who first sells online and then does not, has nothing about platforms in what they sign."""
        me = owner()
        draft = ready(me)
        actions.answer_situation(me, draft.id, {**SITUATIONS[FOOD], "online": "no"})
        assert "online_kinds" in Draft.objects.get(id=draft.id).data
        assert "online_kinds" not in actions.submit(me, draft.id, **signed(me)).data

    def test_a_new_version_of_the_form_does_not_touch_what_was_begun(self) -> None:
        me = owner()
        draft = ready(me)
        body = FormVersion.objects.get(code="food-permit").body
        fields = body["layout"]["parts"][3]["fields"]
        forms.publish(
            system(),
            "food-permit",
            {
                **body,
                "schema": {
                    **body["schema"],
                    "required": [*body["schema"]["required"], "seats"],
                    "properties": {**body["schema"]["properties"], "seats": {"type": "integer"}},
                },
                "layout": {
                    "parts": [
                        {**part, "fields": [*fields, {"name": "seats", "label": "座位数", "widget": "number"}]}
                        if part["code"] == "business"
                        else part
                        for part in body["layout"]["parts"]
                    ]
                },
            },
        )
        assert "seats" not in queries.draft_view(me, draft.id).form.fields
        filing = actions.submit(me, draft.id, **signed(me))
        assert filing.form_version == 1
        assert draft_for(me).form_version == 2


class TestReadOnly:
    TAMPERED = {"firm_name": "别人的公司", "operator_identity": "990102199001010011", "legal_representative": "王建国"}

    def unchanged(self, draft: Draft) -> None:
        data = Draft.objects.get(id=draft.id).data
        assert data["firm_name"] == "云州市晓梅餐饮有限公司"
        assert (data["operator_identity"], data["legal_representative"]) == (NUMBER, "林晓梅")

    def test_by_the_act(self) -> None:
        me = owner()
        draft = draft_for(me)
        actions.save_answers(me, draft.id, self.TAMPERED)
        self.unchanged(draft)
        actions.save_answers(me, draft.id, dict.fromkeys(self.TAMPERED))
        self.unchanged(draft)

    def test_by_the_page(self) -> None:
        draft = draft_for(owner())
        client = browser_of(owner())
        for part in ("firm", "operator"):
            client.post(
                f"/drafts/{draft.id}/parts/{part}", {**self.TAMPERED, "operator_phone": "", "operator_phone.keep": "1"}
            )
        self.unchanged(draft)

    def test_by_the_api(self) -> None:
        draft = draft_for(owner())
        client = browser_of(owner())
        path = f"/api/v1/drafts/{draft.id}/answers"
        assert client.patch(path, {"answers": self.TAMPERED}, content_type="application/json").status_code == 200
        self.unchanged(draft)

    def test_without_a_record_the_person_types_it(self) -> None:
        RegisterRecord.objects.filter(register_id="firms").update(until=timezone.now())
        me = owner()
        draft = draft_for(me)
        assert "firm_address" not in draft.data
        assert actions.save_answers(me, draft.id, {"firm_address": "钟楼街46号"}).data["firm_address"] == "钟楼街46号"


class TestSources:
    def test_who_types_another_value_is_its_source(self) -> None:
        me = owner()
        draft = ready(me, operator_phone="16499999999", premises_address="云州市云山区钟楼街道钟楼街50号")
        filing = actions.submit(me, draft.id, **signed(me))
        assert {"firm_name", "uscc", "operator_identity"} <= filing.sources.keys()
        assert not {"operator_phone", "premises_address"} & filing.sources.keys()
        rows = {row.name: row for part in queries.filing_of(me, filing.case.number).parts for row in part.rows}
        assert rows["premises_address"].source == ""
        assert rows["firm_address"].source.startswith("来自法人基础库")

    def test_the_check_page_names_them(self) -> None:
        draft = ready(owner())
        text = browser_of(owner()).get(f"/drafts/{draft.id}/check").content.decode()
        assert "来自法人基础库" in text
        assert "来自人口基础库" in text


class TestNumbers:
    def test_a_masked_phone_left_empty_is_kept(self) -> None:
        draft = draft_for(owner())
        assert PHONE not in page(draft, "operator")
        assert "164****0001" in page(draft, "operator")
        client = browser_of(owner())
        response = client.post(f"/drafts/{draft.id}/parts/operator", {"operator_phone": "", "operator_phone.keep": "1"})
        assert response.status_code == 302
        assert Draft.objects.get(id=draft.id).data["operator_phone"] == PHONE

    def test_another_phone_replaces_it(self) -> None:
        draft = draft_for(owner())
        client = browser_of(owner())
        typed = {"operator_phone": "１６４ ８０００ ０００９", "operator_phone.keep": "1"}
        assert client.post(f"/drafts/{draft.id}/parts/operator", typed).status_code == 302
        assert Draft.objects.get(id=draft.id).data["operator_phone"] == "16480000009"

    @pytest.mark.parametrize("path", ["", "situation", "parts/firm", "parts/operator", "materials", "check"])
    def test_no_page_of_a_draft_shows_them(self, path: str) -> None:
        draft = ready(owner())
        text = browser_of(owner()).get(f"/drafts/{draft.id}/{path}").content.decode()
        assert "食品经营许可核发" in text
        assert NUMBER not in text
        assert PHONE not in text

    def test_no_answer_of_the_api_has_them(self) -> None:
        client = browser_of(owner())
        draft = ready(owner())
        answers = [
            client.get(f"/api/v1/drafts/{draft.id}"),
            client.put(
                f"/api/v1/drafts/{draft.id}/situation", {"answers": SITUATIONS[FOOD]}, content_type="application/json"
            ),
            client.patch(
                f"/api/v1/drafts/{draft.id}/answers", {"answers": {"staff": 5}}, content_type="application/json"
            ),
            client.post(
                "/api/v1/drafts",
                {"item": FOOD},
                content_type="application/json",
                headers={"X-Yiwang-Party": str(draft.party_id)},
            ),
            client.post(f"/api/v1/drafts/{draft.id}/submit", signed(owner()), content_type="application/json"),
        ]
        number = answers[-1].json()["case_number"]
        answers.append(client.get(f"/api/v1/applications/{number}"))
        answers.append(client.get(f"/api/v1/applications/{number}/receipt"))
        answers.append(client.get(f"/api/v1/cases/{number}"))
        for answer in answers:
            assert answer.status_code in (200, 201), answer.content
            assert NUMBER not in answer.content.decode()
        body = answers[0].json()
        assert body["masked"] == {"operator_identity": "990*************23", "operator_phone": "164****0001"}
        assert not set(body["masked"]) & set(body["answers"])

    def test_the_store_holds_nothing_that_can_be_read(self) -> None:
        draft = ready(owner())
        with connection.cursor() as cursor:
            cursor.execute("SELECT data, prefilled FROM applications_draft WHERE party_id = %s", [_key(draft.party_id)])
            held = b"".join(bytes(value) for row in cursor.fetchall() for value in row)
        assert held
        assert NUMBER.encode() not in held
        assert "林晓梅".encode() not in held


def _key(party: Any) -> Any:
    return party if connection.vendor == "postgresql" else party.hex


def test_parts_follow_the_situation_and_lead_one_to_the_next() -> None:
    me = jobless()
    draft = draft_for(me, JOBLESS)
    client = browser_of(me)
    assert client.post(f"/drafts/{draft.id}/situation", {"situation.history": "never"}).url.endswith("/parts/person")
    assert client.get(f"/drafts/{draft.id}/parts/former").url == f"/drafts/{draft.id}/"
    response = client.post(f"/drafts/{draft.id}/parts/wish", {"wants_work": "true", "go": "1"})
    assert "想找什么样的工作" in response.content.decode(), "a question that the answer has just raised is shown first"
    typed = {"wants_work": "true", "wish": "厨师", "go": "1"}
    assert client.post(f"/drafts/{draft.id}/parts/wish", typed).url == f"/drafts/{draft.id}/materials"


def test_saving_to_go_on_later_does_not_scold() -> None:
    draft = draft_for(owner())
    actions.answer_situation(owner(), draft.id, SITUATIONS[FOOD])
    client = browser_of(owner())
    response = client.post(f"/drafts/{draft.id}/parts/business", {"staff": "four", "leave": "1"}, follow=True)
    assert "已保存" in response.content.decode()
    assert Draft.objects.get(id=draft.id).data["staff"] == "four"
    wrong = client.get(f"/drafts/{draft.id}/parts/business").content.decode()
    assert 'value="four"' in wrong


def test_a_part_drawn_anew_saves_nothing() -> None:
    draft = draft_for(owner())
    actions.answer_situation(owner(), draft.id, SITUATIONS[FOOD])
    response = browser_of(owner()).post(
        f"/drafts/{draft.id}/parts/business", {"projects": ["cold"], "projects.shown": "1", "refresh": "1"}
    )
    assert "专间" in response.content.decode()
    assert "projects" not in Draft.objects.get(id=draft.id).data


def test_every_answer_that_the_form_asks_for_is_among_the_samples() -> None:
    """The samples of the tests stand for a complete application."""
    me = owner()
    assert queries.draft_view(me, ready(me).id).problems == ()
    assert set(ANSWERS[FOOD]) <= set(queries.draft_view(me, draft_for(me).id).form.fields)
