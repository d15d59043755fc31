"""The case engine 办件引擎 (F04, F05): cases, the tasks of people in them, legal clocks, and a journal of what happened.

A case flows through a BPMN 2.0 procedure that SpiffWorkflow runs behind one adapter (``engine``). What people read lives in tables:
open tasks, deadlines, journal. The engine's own state is a small blob that no query ever looks into.
"""
