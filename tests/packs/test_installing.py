"""A pack is installed whole or not at all, once, and only what changed becomes new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.factories import citizen, official
from tests.helpers import recorded, refused, row_counts
from tests.packs.making import files, written
from yiwang.config.environment import environment
from yiwang.data.registries.models import Register, RegisterRecord
from yiwang.data.registries.queries import look_up
from yiwang.foundation.access.models import Denial, Role
from yiwang.foundation.access.queries import system
from yiwang.foundation.accounts.models import Account
from yiwang.foundation.events.models import Event
from yiwang.foundation.orgs.models import Agency, Region
from yiwang.kernel.refusals import Conflict, Denied, Invalid, Missing
from yiwang.packs import actions, installing, reading
from yiwang.packs.models import Declared, Installation
from yiwang.packs.queries import installed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _keys() -> None:
    """The keys that sealed rows need are made before anything is tried, and stay."""
    installing.make_keys()


def put(place: Path, content: dict[str, Any]) -> Any:
    return installing.install(system("command"), written(place, content))


def test_everything_a_pack_declares_is_there_and_the_ledger_has_it(tmp_path: Path) -> None:
    place = written(tmp_path)
    with recorded("packs.install", kind="pack", subject="small") as entries:
        done = installing.install(system("command"), place)
    assert done.counts() == {
        "agencies": {"new": 2},
        "regions": {"new": 5},
        "registers": {"new": 1},
        "roles": {"new": 1},
    }
    assert reading.digest_of(place) in entries[0].content
    assert Region.objects.get(code="990102001001").name == "东门社区"
    assert Agency.objects.get(code="gaj").path == "/gov/gaj/"
    assert Agency.objects.get(code="gaj").posts.get().name == "户政岗"
    assert Role.objects.get(code="window-clerk").data_level == 3
    reading_ = look_up("population", "990102198804129023", purpose="核对安装", actor=system())
    assert reading_ is not None
    assert reading_.as_of.isoformat() == "2026-10-31"
    assert Event.objects.filter(type="pack.installed").count() == 1


def test_installing_again_is_nothing(tmp_path: Path) -> None:
    place = written(tmp_path)
    installing.install(system("command"), place)
    before = row_counts()
    assert installing.install(system("command"), place).nothing
    assert row_counts() == before


def test_the_trial_leaves_nothing_behind_when_the_last_file_is_wrong(tmp_path: Path) -> None:
    content = files()
    # The files hold by themselves; only the store can tell that the identity number is none.
    content["registers/people.csv"] = content["registers/people.csv"].replace(
        "990102198804129023", "990102198804129024"
    )
    before = row_counts()
    with pytest.raises(Invalid) as refusal:
        put(tmp_path, content)
    assert row_counts() == before
    [problem] = refusal.value.problems
    assert problem.field.startswith("registers/population.yaml:")
    assert "校验位" in problem.message


def test_all_refusals_of_the_trial_are_told_together(tmp_path: Path) -> None:
    content = files()
    content["agencies/all.yaml"][0]["region"] = "110000"
    content["roles/all.yaml"][0]["permissions"] = ["cases.read", "cases.fly"]
    with pytest.raises(Invalid) as refusal:
        put(tmp_path, content)
    told = {problem.field: problem.message for problem in refusal.value.problems}
    assert "cases.fly" in told["roles/all.yaml:5"]
    assert any(field.startswith("agencies/all.yaml") for field in told)


def test_a_trial_alone_changes_nothing(tmp_path: Path) -> None:
    before = row_counts()
    installing.trial(system("command"), reading.read(written(tmp_path)))
    assert row_counts() == before


def test_a_changed_pack_makes_new_versions_of_what_changed_only(tmp_path: Path) -> None:
    content = files()
    put(tmp_path, content)
    content["registers/population.yaml"]["register"]["elements"].append(
        {"name": "nation", "label": "民族", "type": "text", "level": 2}
    )
    content["registers/people.csv"] = content["registers/people.csv"].replace("林晓梅", "林小梅")
    content["roles/all.yaml"][0]["name"] = "综合窗口受理人员"
    content["pack.yaml"]["version"] = "2"
    done = put(tmp_path, content)
    assert done.counts() == {"registers": {"changed": 1}, "roles": {"changed": 1}}
    assert Register.objects.get().version == 2
    assert list(RegisterRecord.objects.order_by("version").values_list("version", "declared")) == [(1, 1), (2, 2)]
    assert Role.objects.get().name == "综合窗口受理人员"
    assert [row.version for row in Installation.objects.order_by("created_at")] == ["1", "2"]
    assert [row.version for row in installed(system())] == ["2"]


def test_what_a_pack_no_longer_declares_stays_and_is_said(tmp_path: Path) -> None:
    content = files()
    place = written(tmp_path, content)
    installing.install(system("command"), place)
    (place / "roles" / "all.yaml").unlink()
    assert installing.install(system("command"), place).counts() == {"roles": {"left": 1}}
    assert Role.objects.filter(code="window-clerk").exists()


def test_two_packs_cannot_declare_the_same_thing(tmp_path: Path) -> None:
    put(tmp_path, files())
    other = {
        "pack.yaml": {"name": "other", "version": "1", "title": "另一个"},
        "roles/all.yaml": files()["roles/all.yaml"],
    }
    with pytest.raises(Invalid) as refusal:
        installing.install(system("command"), written(tmp_path, other, "other"))
    assert "declared by the pack small" in refusal.value.problems[0].message
    assert Declared.objects.get(kind="roles").pack == "small"


def test_a_required_pack_must_be_there_first(tmp_path: Path) -> None:
    content = {"pack.yaml": {"name": "upper", "version": "1", "title": "上层", "requires": ["small"]}}
    upper = written(tmp_path, content, "upper")
    with pytest.raises(Conflict, match="yiwang pack install small"):
        installing.install(system("command"), upper)
    put(tmp_path, files())
    assert not installing.install(system("command"), upper).nothing


def test_only_who_may_installs(tmp_path: Path) -> None:
    place = written(tmp_path)
    refused(actions.install, citizen(), reading.read(place))
    with pytest.raises(Denied):  # refused before anything is tried
        installing.install(official("clerk", ["items.*"]), place)
    assert Denial.objects.filter(permission="packs.install").count() == 2
    assert not Region.objects.filter(code="990102").exists()


class TestDemo:
    """Invented people never come into a node that serves real ones."""

    ACCOUNT = {"username": "lin", "name": "林晓梅", "level": 3, "person": {"identity_number": "990102198804129023"}}

    def content(self, **manifest: Any) -> dict[str, Any]:
        content = files()
        content["pack.yaml"].update(manifest)
        content["accounts/all.yaml"] = [
            {**self.ACCOUNT, "grants": [{"role": "window-clerk", "agency": "gaj"}],
             "posts": [{"agency": "gaj", "post": "户政岗", "since": "2024-01-02"}]}
        ]  # fmt: skip
        return content

    def test_accounts_come_with_their_person_roles_and_posts(self, tmp_path: Path) -> None:
        put(tmp_path, self.content(demo=True))
        account = Account.objects.get(username="lin")
        assert account.demo
        assert account.standings.get().party.name == "林晓梅"
        assert account.grants.get().agency_id == "gaj"
        assert account.postings.get().post.name == "户政岗"

    def test_a_changed_account_has_exactly_its_new_roles(self, tmp_path: Path) -> None:
        content = self.content(demo=True)
        put(tmp_path, content)
        content["accounts/all.yaml"][0]["grants"] = [{"role": "window-clerk", "agency": "gov"}]
        put(tmp_path, content)
        account = Account.objects.get(username="lin")
        assert [grant.agency_id for grant in account.grants.all()] == ["gov"]
        assert account.standings.count() == 1

    def test_accounts_in_a_pack_that_is_no_demo_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Conflict, match="demo: true"):
            put(tmp_path, self.content())

    def test_outside_demo_mode_it_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(environment, "demo", False)
        with pytest.raises(Conflict, match="YIWANG_DEMO"):
            put(tmp_path, self.content(demo=True))

    def test_a_node_with_real_people_is_refused(self, tmp_path: Path) -> None:
        citizen()
        with pytest.raises(Conflict, match="real people"):
            put(tmp_path, self.content(demo=True))
        assert not Account.objects.filter(username="lin").exists()

    def test_a_node_with_cases_is_refused(self, tmp_path: Path) -> None:
        from tests.factories.cases import open_permit, trial_kind

        with trial_kind():
            open_permit(citizen())
        Account.objects.update(demo=True)
        with pytest.raises(Conflict, match=r"1 case\(s\)"):
            put(tmp_path, self.content(demo=True))

    def test_the_demo_itself_may_be_changed_later(self, tmp_path: Path) -> None:
        content = self.content(demo=True)
        put(tmp_path, content)
        citizen()
        content["pack.yaml"]["version"] = "2"
        assert not put(tmp_path, content).nothing


class TestRemoving:
    def rules_only(self) -> dict[str, Any]:
        return {name: body for name, body in files().items() if name in ("pack.yaml", "roles/all.yaml")}

    def test_what_was_published_stays_and_the_pack_can_come_again(self, tmp_path: Path) -> None:
        put(tmp_path, self.rules_only())
        refused(actions.remove, official("clerk", ["cases.*"]), "small")
        with recorded("packs.remove", kind="pack", subject="small"):
            actions.remove(system(), "small")
        assert Role.objects.filter(code="window-clerk").exists()
        assert installed(system()) == []
        assert not Declared.objects.exists()
        with pytest.raises(Missing):
            actions.remove(system(), "small")
        assert put(tmp_path, self.rules_only()).counts() == {"roles": {"new": 1}}

    def test_divisions_and_agencies_are_not_taken_away(self, tmp_path: Path) -> None:
        put(tmp_path, files())
        with pytest.raises(Conflict) as refusal:
            actions.remove(system(), "small")
        assert {problem.field for problem in refusal.value.problems} == {"regions", "agencies", "registers"}
        assert len(installed(system())) == 1
