"""The procedure with which drawing begins: received, one step of an official, done."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from django.utils.translation import gettext as _

_BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:yiwang="urn:yiwang:bpmn"
    id="definitions" targetNamespace="urn:yiwang:procedures">
  <bpmn:process id={process} name={name} isExecutable="true">
    <bpmn:startEvent id="received" name={received}><bpmn:outgoing>flow1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="handle" name={handle}>
      <bpmn:extensionElements>
        <yiwang:task role="window-clerk" />
        <yiwang:outcome code="done" label={finish} tone="primary" />
      </bpmn:extensionElements>
      <bpmn:incoming>flow1</bpmn:incoming><bpmn:outgoing>flow2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="finished" name={finished}>
      <bpmn:extensionElements><yiwang:end outcome="done" label={finished} /></bpmn:extensionElements>
      <bpmn:incoming>flow2</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="flow1" sourceRef="received" targetRef="handle" />
    <bpmn:sequenceFlow id="flow2" sourceRef="handle" targetRef="finished" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram"><bpmndi:BPMNPlane id="plane" bpmnElement={process}>
    <bpmndi:BPMNShape id="received_di" bpmnElement="received"><dc:Bounds x="160" y="122" width="36" height="36" /></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="handle_di" bpmnElement="handle"><dc:Bounds x="260" y="100" width="100" height="80" /></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="finished_di" bpmnElement="finished"><dc:Bounds x="430" y="122" width="36" height="36" /></bpmndi:BPMNShape>
    <bpmndi:BPMNEdge id="flow1_di" bpmnElement="flow1"><di:waypoint x="196" y="140" /><di:waypoint x="260" y="140" /></bpmndi:BPMNEdge>
    <bpmndi:BPMNEdge id="flow2_di" bpmnElement="flow2"><di:waypoint x="360" y="140" /><di:waypoint x="430" y="140" /></bpmndi:BPMNEdge>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


def new_bpmn(code: str, name: str) -> str:
    """A small procedure that can be published as it is."""
    words = {
        "process": code.replace("-", "_") or "process", "name": name, "received": _("收到申请"), "handle": _("办理"), "finish": _("办结"),
        "finished": _("办结"),
    }  # fmt: skip
    return _BPMN.format(**{key: quoteattr(value) for key, value in words.items()})
