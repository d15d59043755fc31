"""What every room is made of: refusals, slots, identifiers, canonical JSON, pages of a list.

The kernel holds no tables and no policy. It knows nothing above it, and a thing belongs here only when at least
three rooms need it in the same form.
"""
