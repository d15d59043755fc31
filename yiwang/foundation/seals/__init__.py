"""Electronic seals and signatures 电子印章、电子签名 (F09): the register of seals, their making, use, suspension and revocation.

A seal is an image that people know and a key that nobody sees, bound by a certificate of the node to one agency (Electronic
Signature Law, articles 13 and 14). Using one is an official act: it is asked for, done to one document, and logged. Seals are
applied to PDF as PAdES signatures that outside readers validate.
"""
