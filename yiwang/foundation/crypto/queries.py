"""What other rooms may ask of the crypto service."""

from .certificates import Identity, anchor, chain_of, forget_identities, identity, keep_anchor, revoke
from .keys import P256 as SIGNING
from .keys import OpenKey, Unreadable, current, decrypt, encrypt, forget_keys, keyed_hash, sign, signature_is_valid
from .masks import mask
from .paths import Broken, Path, check_chain, fingerprint, read_anchors, verify
from .pdfs import CheckedPdf, NotSignable, PdfSignature, Place, add_places, check_pdf, sign_pdf

__all__ = [
    "SIGNING",
    "Broken",
    "CheckedPdf",
    "Identity",
    "NotSignable",
    "OpenKey",
    "Path",
    "PdfSignature",
    "Place",
    "Unreadable",
    "add_places",
    "anchor",
    "chain_of",
    "check_chain",
    "check_pdf",
    "current",
    "decrypt",
    "encrypt",
    "fingerprint",
    "forget_identities",
    "forget_keys",
    "identity",
    "keep_anchor",
    "keyed_hash",
    "mask",
    "read_anchors",
    "revoke",
    "sign",
    "sign_pdf",
    "signature_is_valid",
    "verify",
]
