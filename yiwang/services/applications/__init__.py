"""Applying online 网上申办 (S04, S06, S09): draft, situation, form, materials, check, signature, submission, correction, decision.

A :class:`Draft` belongs to one party and can be left and taken up again. A :class:`Filing` is what was signed and handed in: the first one
of a case is the application, later ones answer a request for correction. What happens afterwards is a case (foundation.cases) of the kind
"application".
"""
