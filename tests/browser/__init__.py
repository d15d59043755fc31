"""Tests that drive a real Chromium against a running node, at the width of a phone and of a desk."""
