"""Yiwang 一网: one platform on which a city, a county or a province runs its digital government."""

__version__ = "0.1.0"
