"""Checking the outline of a division: GeoJSON (RFC 7946) in CGCS2000 longitude and latitude."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


def _ring_error(ring: Any) -> str:
    if not isinstance(ring, list) or len(ring) < 4:
        return _("边界的每一圈至少要有 4 个点（首尾相同）。")
    for point in ring:
        if not isinstance(point, list) or len(point) != 2 or not all(isinstance(n, (int, float)) for n in point):
            return _("边界的每个点应为 [经度, 纬度]。")
        longitude, latitude = point
        if not (73 <= longitude <= 136 and 3 <= latitude <= 54):
            return _("边界的点 %(point)s 不在我国范围内，请检查经度、纬度的顺序。") % {"point": point}
    if ring[0] != ring[-1]:
        return _("边界的每一圈应首尾相接：最后一个点与第一个点相同。")
    return ""


def shape_error(shape: Any) -> str:
    """Why ``shape`` is not the outline of a division, or ""."""
    if not isinstance(shape, dict) or shape.get("type") not in ("Polygon", "MultiPolygon"):
        return _("边界应为 GeoJSON 的 Polygon 或 MultiPolygon。")
    coordinates = shape.get("coordinates")
    polygons = [coordinates] if shape["type"] == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        return _("边界没有坐标。")
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            return _("边界没有坐标。")
        for ring in polygon:
            if error := _ring_error(ring):
                return error
    return ""
