"""A database of Mozilla's NSS that trusts one root, as `certutil -A -t ,C,` would make it; for readers like pdfsig.

    python nss.py FOLDER ROOT.DER

A program of its own, because the library keeps one database for each process. Uses the libraries that pdfsig itself needs.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path


class Trust(ctypes.Structure):
    _fields_ = [("ssl", ctypes.c_uint), ("email", ctypes.c_uint), ("object", ctypes.c_uint)]


def trust(folder: Path, root: bytes) -> None:
    nss, smime = ctypes.CDLL("libnss3.so"), ctypes.CDLL("libsmime3.so")
    for function in (nss.PK11_GetInternalKeySlot, nss.CERT_GetDefaultCertDB, smime.CERT_DecodeCertFromPackage):
        function.restype = ctypes.c_void_p
    assert nss.NSS_InitReadWrite(f"sql:{folder}".encode()) == 0
    slot = ctypes.c_void_p(nss.PK11_GetInternalKeySlot())
    assert nss.PK11_InitPin(slot, None, b"") == 0
    certificate = ctypes.c_void_p(smime.CERT_DecodeCertFromPackage(root, len(root)))
    assert nss.PK11_ImportCert(slot, certificate, 0, b"root", 0) == 0
    valid_ca, trusted_ca = 1 << 3, 1 << 4
    flags = Trust(0, valid_ca | trusted_ca, 0)
    database = ctypes.c_void_p(nss.CERT_GetDefaultCertDB())
    assert nss.CERT_ChangeCertTrust(database, certificate, ctypes.byref(flags)) == 0
    nss.CERT_DestroyCertificate(certificate)
    nss.PK11_FreeSlot(slot)
    assert nss.NSS_Shutdown() == 0


if __name__ == "__main__":
    trust(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes())
