"""Protection of data (D09): how a field is hidden from one who may use a record for some purpose but need not know all of it.

《数据安全法》第二十一条, 《个人信息保护法》第五十一条 (classification, de-identification); levels by GB/T 43697-2024, techniques by
GB/T 37964-2019 《信息安全技术 个人信息去标识化指南》.
"""
