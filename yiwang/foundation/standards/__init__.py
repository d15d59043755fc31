"""The standards library 标准库 (I06): what a data element 数据元 means and how long it is, which codes a code set 代码集 has, and which
documents 标准规范 govern what. Forms, registers and resources of the catalogue refer to its entries, so that one thing has one name.

An entry is published in versions. A code that was ever published is never given to anything else, and a value of a code set that was
ever published keeps its meaning: it may end, it is not used again.
"""
