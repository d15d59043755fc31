"""What other rooms may ask of the crypto service."""

from .algorithms import signature_is_valid, suite_problem
from .certificates import (
    CertificateRow,
    Identity,
    anchor,
    certificates_of,
    chain_of,
    forget_identities,
    identity,
    keep_anchor,
    revoke,
)
from .keys import (
    LARGEST_REGISTER,
    KeyRow,
    OpenKey,
    Unreadable,
    decrypt,
    encrypt,
    forget_keys,
    key_register,
    keyed_hash,
    rotate,
    sign,
)
from .masks import mask
from .paths import Broken, Path, check_chain, fingerprint, read_anchors, verify
from .pdfs import CheckedPdf, NotSignable, PdfSignature, Place, add_places, check_pdf, sign_pdf

__all__ = [
    "LARGEST_REGISTER",
    "Broken",
    "CertificateRow",
    "CheckedPdf",
    "Identity",
    "KeyRow",
    "NotSignable",
    "OpenKey",
    "Path",
    "PdfSignature",
    "Place",
    "Unreadable",
    "add_places",
    "anchor",
    "certificates_of",
    "chain_of",
    "check_chain",
    "check_pdf",
    "decrypt",
    "encrypt",
    "fingerprint",
    "forget_identities",
    "forget_keys",
    "identity",
    "keep_anchor",
    "key_register",
    "keyed_hash",
    "mask",
    "read_anchors",
    "revoke",
    "rotate",
    "sign",
    "sign_pdf",
    "signature_is_valid",
    "suite_problem",
    "verify",
]
