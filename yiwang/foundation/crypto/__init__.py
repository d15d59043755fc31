"""Unified crypto service 统一密码服务 (F22): keys with an owner, a purpose and versions; sealed fields; signatures.

国密 and international suites stand behind one interface. All private keys are wrapped by the node's master key, which
comes from the environment (an HSM can stand there) or from a file that only the node's user can read.
"""
