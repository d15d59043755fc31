"""The one list of what answers without sign-in, each with its reason. Everything else asks who is there first.

Pages are named by their route, operations of the API by method and path. :func:`yiwang.config.middleware.sign_in_first`
enforces the list for pages; operations of the API ask for sign-in unless they say ``auth=None``; ``tests/ground/test_routes.py``
walks all of them and compares.
"""

from __future__ import annotations

PUBLIC: dict[str, str] = {
    "healthz": "a load balancer asks whether the process lives",
    "readyz": "a load balancer asks whether the store answers",
    "metrics": "Prometheus reads figures; it asks for its own token, or answers this machine only",
    # Everybody may look for a service and read how it works before deciding to come.
    "": "the home page",
    "items/": "browsing service items",
    "items/<str:code>": "the guide of a service item",
    "search": "searching guides",
    "accessibility": "what the site does for people with difficulties",
    "reading": "large print, for this browser",
    "language": "the language, for this browser",
    "look": "the style page of demo nodes; answers 404 elsewhere",
    "GET api/v1/openapi.json": "the description of the API, for those who write clients",
    "GET api/v1/items": "browsing service items",
    "GET api/v1/items/headings": "the headings under which items are browsed",
    "GET api/v1/items/search": "searching guides",
    "GET api/v1/items/schema": "the shape of an item, for those who write one",
    "GET api/v1/items/{code}": "the guide of a service item",
    "GET api/v1/items/{code}/standard": "the guide in the fields of GB/T 39046",
    "GET api/v1/forms/{code}": "the shape of a published form; it holds no answers",
    "GET api/v1/search": "searching guides",
    # What data there is, and what its elements and codes mean, is for everybody to look up.
    "data/catalogue/": "the resources that are opened to the public",
    "data/catalogue/<str:code>": "one resource that is opened to the public",
    "standards/": "the standards library: elements, code sets, documents",
    "standards/export.csv": "the same as a file",
    "standards/<slug:kind>/<str:code>": "one entry of the standards library",
    "standards/<slug:kind>/<str:code>/export.csv": "the same as a file",
    "GET api/v1/catalogue/open": "the resources that are opened to the public",
    "GET api/v1/catalogue/open/{code}": "one resource that is opened to the public",
    "GET api/v1/standards/{kind}": "the standards library, for programs that check against it",
    "GET api/v1/standards/{kind}/{code}": "one entry of the standards library",
    # A stranger who holds a paper may check it. The answers say whether it is valid, not whose business it is.
    "verify": "checking a receipt or a licence by file or code",
    "verify/log": "the signed heads of the log, and the proof that it only grew",
    "verify/<str:code>": "where the code on a receipt leads",
    "l/<str:code>": "where the code on a licence leads",
    "l/s/<str:token>": "where a code shown by its holder leads, for sixty seconds",
    "POST api/v1/verify": "checking a receipt or a licence by file",
    "GET api/v1/verify/{code}": "checking a receipt by its code",
    "GET api/v1/licences/check/{code}": "checking a licence by its code",
    "GET api/v1/licences/shown/{token}": "checking a code shown by its holder, for sixty seconds",
    "GET api/v1/node/trust-anchor": "the certificate with which seals are checked",
    "POST api/v1/exchange/token": "a client proves itself by its secret (OAuth 2.0)",
    "GET api/v1/exchange/node": "the key with which envelopes and manifests are checked",
    "POST api/v1/exchange/envelopes": "another node, which proves itself by the signature of the envelope",
    "GET api/v1/ledger/head": "the signed head of the ledger, for anybody who watches it",
    "GET api/v1/ledger/heads": "the signed heads of the ledger",
    "GET api/v1/ledger/inclusion": "the proof that a place belongs to the ledger; a leaf is a hash",
    "GET api/v1/ledger/consistency": "the proof that a later head holds everything of an earlier one",
    # Signing in and out. allauth's other pages and its API ask for sign-in themselves.
    "accounts/login/": "signing in",
    "accounts/logout/": "signing out twice is no error",
    "accounts/signup/": "says that accounts are opened at a window",
    "accounts/inactive/": "says that an account is closed",
    "accounts/password/reset/": "says how to get in again",
    "accounts/2fa/webauthn/login/": "signing in with a passkey",
    "_allauth/app/v1/config": "what ways of signing in there are",
    "_allauth/app/v1/auth/login": "signing in over the API",
    "_allauth/app/v1/auth/signup": "says that accounts are opened at a window",
    "_allauth/app/v1/auth/webauthn/login": "signing in with a passkey over the API",
    "_allauth/app/v1/auth/password/request": "says that passwords are reset at a window",
    "_allauth/app/v1/auth/password/reset": "needs a key that is never given out",
    "_allauth/app/v1/auth/code/confirm": "a step of a sign-in that has begun; refuses any other",
    "_allauth/app/v1/auth/email/verify": "a step of a sign-in that has begun; refuses any other",
    "_allauth/app/v1/auth/email/verify/resend": "a step of a sign-in that has begun; refuses any other",
    "_allauth/app/v1/auth/phone/verify": "a step of a sign-in that has begun; refuses any other",
    "_allauth/app/v1/auth/phone/verify/resend": "a step of a sign-in that has begun; refuses any other",
    "_allauth/app/v1/account/email": "a step of a sign-in that has begun; refuses any other",
    "_allauth/app/v1/account/phone": "a step of a sign-in that has begun; refuses any other",
    "_allauth/app/v1/tokens/refresh": "needs a refresh token, which nobody holds without having signed in",
}

# These ask for themselves: the API by its sign-in, allauth by its own rules for a sign-in that is half done.
OWN_DOORS = ("api/", "_allauth/", "accounts/")
