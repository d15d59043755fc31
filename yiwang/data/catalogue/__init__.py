"""The catalogue of government data resources (政务信息资源目录, GB/T 21063): what data exists, who answers for it, where it
lies, who may have it, and which of several claims to the same element is the source (一数一源). With it the duties that follow: who must
supply what (责任清单), what is not shared and by which law (负面清单), who needs what (需求清单).

国发〔2016〕51号《政务信息资源共享管理暂行办法》, 《政务信息资源目录编制指南（试行）》(发改高技〔2017〕1272号).
"""
