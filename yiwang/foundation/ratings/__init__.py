"""Evaluation 好差评 (F13): after each service the person served may say, once, how it was, in the five grades of GB/T 39046 A.8.

Rating is free and never forced; it cannot be changed; those who are judged do not learn who judged. A bad rating opens a case that the
office must answer within 15 working days, with a call back. Figures are kept by agency, item, channel and grade, with coverage.
"""
