"""Changing organisations, regions, posts and the calendar of working days.

This room lies below the frame of acts, so these are plain functions: each must be called inside an act of a room above, which
asks for access and leaves the trace (:mod:`yiwang.foundation.establishment.actions` does). Each says what it did, so that doing
the same again is seen to be nothing.
"""

from yiwang.foundation.orgs.notices import Loaded, SpecialDate, load_notice
from yiwang.foundation.orgs.writing import Change

from .agencies import close_agency, merge_agency, move_agency, put_agency, rename_agency
from .postings import appoint, put_post, put_posting, relieve
from .regions import put_region, rename_region

__all__ = [
    "Change",
    "Loaded",
    "SpecialDate",
    "appoint",
    "close_agency",
    "load_notice",
    "merge_agency",
    "move_agency",
    "put_agency",
    "put_post",
    "put_posting",
    "put_region",
    "relieve",
    "rename_agency",
    "rename_region",
]
