"""The front door for change."""

from .agencies import add_post, close_agency, merge_agency, move_agency, put_agency, rename_agency
from .calendar import load_notice
from .postings import appoint, put_posting, relieve
from .regions import put_region, rename_region

__all__ = [
    "add_post",
    "appoint",
    "close_agency",
    "load_notice",
    "merge_agency",
    "move_agency",
    "put_agency",
    "put_posting",
    "put_region",
    "relieve",
    "rename_agency",
    "rename_region",
]
