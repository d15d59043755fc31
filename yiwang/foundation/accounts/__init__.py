"""Unified identity 统一身份认证 (F02): one kind of account for citizens, legal persons and officials, with several identities.

An :class:`Account` signs in. A :class:`Party` 当事人 is a natural person or an organisation that has rights and duties. A
:class:`Standing` says for which parties an account may act, on what ground and how long. Officials act by their posts (orgs)
and roles (access).
"""
