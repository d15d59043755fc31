"""The catalogue of government data resources (政务信息资源目录, GB/T 21063): what data exists, who answers for it, where it
lies, who may have it, and which of several claims to the same element is the source (一数一源)."""
