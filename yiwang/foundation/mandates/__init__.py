"""Mandates 委托代理: somebody lets another act for them, in named matters and until a day (民法典第一百六十一条至第一百七十五条).

The giver offers, the agent accepts (委托合同要双方同意，第九百一十九条), either ends it at any time (第九百三十三条). What the agent may do follows from the
standing that acceptance makes (accounts), and is asked by every act (access). Mandates entered at a counter are standings without a row here.
"""
