"""Establishment 机构编制与区划 (F01): the acts and pages on agencies, posts, who holds them, divisions and the calendar of working days.

The rows lie in the room orgs, below the frame of acts; here is asked who may, and here the trace is left. A change of an agency
names the day on which it takes effect and the document that says so (《地方各级人民政府机构设置和编制管理条例》), so that any former day
can be asked about: what was it called, whom did it belong to, who was in office.
"""
