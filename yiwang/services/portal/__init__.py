"""The portal 政务服务网 and my space 个人、企业专属空间 (S02, S03): home, my cases, licences, drafts, what I must do now."""
