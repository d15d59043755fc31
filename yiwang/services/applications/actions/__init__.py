"""The acts of applying: on drafts, on filings, on corrections, on papers, and on cases that are decided."""

from .corrections import request_correction, resubmit
from .deliveries import deliver
from .drafts import answer_situation, discard, give_material, remove_material, save_answers, start
from .filings import submit
from .papers import refuse, seal_paper
from .reopening import draw_recheck, reopen

__all__ = [
    "answer_situation",
    "deliver",
    "discard",
    "draw_recheck",
    "give_material",
    "refuse",
    "remove_material",
    "reopen",
    "request_correction",
    "resubmit",
    "save_answers",
    "seal_paper",
    "start",
    "submit",
]
