"""Electronic licences 电子证照 (F08): types declared as data, papers issued, changed, annulled, expired, shown and checked.

A licence is a statement of an agency about a holder, sealed by the agency, that anybody can check (State Council Order 716,
articles 9 and 10: e-licences equal paper ones). Metadata follow GB/T 36903, identifiers the structure of GB/T 36904.
"""
