"""Tamper evidence 存证、防篡改 (F18): every official act in an append-only log that anyone can check.

An act is a leaf the moment it is written, in its own transaction, without waiting for other writers. A job builds a Merkle
tree (RFC 9162) behind the leaves and signs its heads; a receipt holds the act, its path to a signed head, and nothing
secret, and is verified offline. The log holds references and hashes, never personal data.
"""
