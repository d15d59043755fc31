"""The acts of applying: on drafts, on filings, and on corrections."""

from .corrections import request_correction, resubmit
from .drafts import answer_situation, discard, give_material, remove_material, save_answers, start
from .filings import submit

__all__ = [
    "answer_situation",
    "discard",
    "give_material",
    "remove_material",
    "request_correction",
    "resubmit",
    "save_answers",
    "start",
    "submit",
]
