"""Search and guidance 搜索、智能导办 (F16): one index over everything that is public, in the words that people use.

Titles, keywords and texts are cut into Chinese words (jieba, search mode) and written in the same transaction as the thing
itself, into FTS5 on SQLite and tsvector on PostgreSQL. A query forgives: everyday phrases are understood by synonyms that are
data ("开饭馆" is 食品经营许可), sounds and initials find titles ("spjyxk"), and what finds nothing is tried again by likeness.

The index holds only what anybody may read; nothing that needs an access check may be put into it.
"""
