"""A procedure is checked before it is published; what could run code, or leads nowhere, is refused with the place named."""

from __future__ import annotations

import pytest

from tests.factories import citizen
from tests.factories.cases import PERMIT
from yiwang.foundation.access.queries import system
from yiwang.foundation.cases import actions
from yiwang.foundation.cases.models import Procedure
from yiwang.kernel.refusals import Denied, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trial")]


def publish(xml: str) -> Procedure:
    return actions.publish_procedure(system(), "permit", "许可", xml)


def test_the_same_again_is_the_same_version() -> None:
    assert publish(PERMIT) == publish(PERMIT)
    assert publish(PERMIT.replace('name="决定"', "")).version == 1
    assert publish(PERMIT.replace('name="作出决定"', 'name="决定"')).version == 2


def test_a_citizen_may_not_publish() -> None:
    with pytest.raises(Denied):
        actions.publish_procedure(citizen(), "permit", "许可", PERMIT)


SCRIPT = '<bpmn:scriptTask id="evil"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>'


@pytest.mark.parametrize(
    ("change", "where", "rule"),
    [
        (('<bpmn:endEvent id="refused"', f'{SCRIPT}\n<bpmn:endEvent id="refused"'), "evil", "element"),
        (('name="licences.issue"', 'name="os.system"'), "issue", "operation"),
        (("outcomes.decide == 'approve'", "outcomes.decide =="), "flow14", "condition"),
        (('role="inspector" ', ""), "inspect", "task"),
        (('reason="site-inspection"', 'reason="holiday"'), "inspect", "reason"),
        (('starts="statutory promised"', 'starts="forever"'), "accept", "clock"),
        (('<yiwang:end outcome="refused" label="不予许可" />', ""), "refused", "end"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(change: tuple[str, str], where: str, rule: str) -> None:
    assert change[0] in PERMIT
    with pytest.raises(Invalid) as caught:
        publish(PERMIT.replace(*change))
    assert (where, rule) in [(problem.field, problem.rule) for problem in caught.value.problems]
    assert not Procedure.objects.exists()


@pytest.mark.parametrize(
    "xml",
    [
        "not xml at all",
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        PERMIT.replace('targetRef="fork"', 'targetRef="nowhere"'),
        "<a/>" * 10,
        PERMIT + " " * 600_000,
    ],
)
def test_broken_files_are_refused(xml: str) -> None:
    with pytest.raises(Invalid):
        publish(xml)
