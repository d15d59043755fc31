"""The service-item catalogue 事项目录、实施清单 (S01): what a government can be asked to do, and everything a person must know to ask.

The basic list (基本目录) says what exists; the implementation list (实施清单) says how one agency does it: the 64 elements of the data
set 事项管理 in GB/T 39046-2020, code sets A.1 to A.7, both code widths. An item lives in versions whose bodies never change; it is drafted,
reviewed for legality, published, changed and withdrawn by acts, and is the one source for every channel.
"""
