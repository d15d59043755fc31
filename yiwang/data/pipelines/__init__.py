"""Gathering and governing data (数据归集与治理): from a department's system to a register or a theme library, by declared steps.

A batch is landed unchanged, read into standard form, checked by declared rules, and what holds is published with its history. Rows that do
not hold are kept apart with every reason and go back to the department that answers for them as a work order with a limit
(国办发〔2022〕102号《全国一体化政务大数据体系建设指南》: 数据质量闭环). Each published value leads back to the file and the row it came from.
"""
