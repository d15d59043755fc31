"""Sharing of government data (D03, D10): agencies apply for a resource of the catalogue, its provider decides, and a grant says what may be
used, for what, until when and how; each use over the gateway is checked against the grant, counted, and left as a trace.

《政务信息资源共享管理暂行办法》（国发〔2016〕51号）第九、十二条 (unconditional, conditional, refused; ten working days for an answer),
《政务数据共享条例》（国务院令第809号）, 《个人信息保护法》第十三、三十四条 (statutory duty, least extent).
"""
