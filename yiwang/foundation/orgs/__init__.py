"""Organisations and regions 组织与区划 (F01): agencies in a tree, posts and who holds them, divisions from province to grid, and
the calendar of working days on which every legal limit is counted.

Codes follow GB 32100 (unified social credit), GB 11643 (identity numbers), GB/T 2260 and GB/T 10114 (divisions).
"""
