"""Objections to register data 数据异议核实: what a person says is wrong becomes a case at the register's owner, with a limit and an answer.

个人信息保护法第四十六条: whoever holds the data checks it, and corrects or completes it in time. The objection itself, and the correction of a
record, are registries'.
"""
