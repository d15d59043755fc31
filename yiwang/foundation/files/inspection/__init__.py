"""What a file is, told by its content: a short list of types, each checked strictly, everything else refused with a way out."""

from .kinds import KINDS, SUFFIXES, Kind, no
from .recognise import recognise

__all__ = ["KINDS", "SUFFIXES", "Kind", "no", "recognise"]
