"""Decision rules 规则 (F07): tables that staff can read, decided by an engine, each decision kept with the reason.

A table is declared as JSON (the JDM form of zen-engine), proven by its own tests before it is published, and never changed
afterwards. A decision made by a table, 自动化决策, names the table, its version and the rows that spoke, in plain words, so that
the person it concerns can be told why (PIPL art. 24; 行政处罚法 and 行政许可法 ask for reasons).
"""
