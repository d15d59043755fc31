"""Access control 权限 (F03): who may do what, where, to which data; and the frame of every official act.

A role lists permissions; a grant gives an account a role within a subtree of agencies and of regions. Citizens need no
grant: they hold the built-in role "party" over what belongs to the party they act for. Every action runs inside
:func:`act`, must call :func:`require`, must leave a trace in the ledger, and a refusal is recorded.
"""
