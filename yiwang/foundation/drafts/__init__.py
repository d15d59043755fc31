"""Drafts 草稿: what somebody is still writing, before it is published as a version.

Decision tables, forms and procedures are published whole and never changed afterwards. Until then their next version lies here, one
draft for each, seen by those who may write it and by nobody else. A draft may be wrong; it says on which version it was begun, so that
a version that came in between is noticed.
"""
