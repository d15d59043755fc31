"""The staff workbench 审批工作台 (S06): one place where officials of every agency find their work, decide it, and watch the limits.

It knows cases and nothing of what they are about. The room that owns a kind of case plugs in what is special to it: what a clerk
reads beside the decision, and forms of its own for single outcomes (see ``slots``).
"""
