"""Changing the catalogue. An item goes draft → review → published → (changed) → withdrawn; each step is an act of its own.

==============  =====================================  =============
from            act                                    to
==============  =====================================  =============
(anything)      :func:`draft`                          draft
draft           :func:`submit`                         review
review          :func:`review`, passed                 reviewed
review          :func:`review`, sent back              draft
reviewed        :func:`publish`                        published
draft … reviewed  :func:`drop`                         (the version before)
published       :func:`set_service`                    published
published       :func:`withdraw`                       withdrawn
==============  =====================================  =============

The one who drafted a version may not pass it in review.
"""

from .editing import draft, drop, install, publish, review, set_service, set_synonyms, submit, withdraw
from .importing import begin_import, finish_import, import_rows, upload_list

__all__ = [
    "begin_import",
    "draft",
    "drop",
    "finish_import",
    "import_rows",
    "install",
    "publish",
    "review",
    "set_service",
    "set_synonyms",
    "submit",
    "upload_list",
    "withdraw",
]
