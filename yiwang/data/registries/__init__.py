"""Base registries 基础库 (D05): records about persons, organisations and other things, each element with one authoritative owner
(一数一源), read by others only for a stated purpose that is kept and that the subject can see.

《个人信息保护法》第六、七、四十四、四十六条: purpose and least extent, openness, the right to know and the right to have wrong
data corrected. Elements carry a level by GB/T 43697-2024 and a mask.
"""
