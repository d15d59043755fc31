"""Sharing for programs: the gateway for clients of agencies, and applications, grants and clients for officials."""

from ninja import Router

from . import desk, gateway

router = Router()
router.add_router("", gateway.router)
router.add_router("", desk.router)
