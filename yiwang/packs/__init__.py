"""Packs 场景包: declarations as data. A pack brings divisions, agencies, roles, registers, items, forms, procedures, rules,
licence types and, for a demo, people.

The loader lives in this folder; each sub-folder with a ``pack.yaml`` is a shipped pack. A pack is checked, tried in a transaction
that is rolled back, and then installed in one transaction. Installing it again does nothing; a changed pack makes new versions
of what changed.
"""
