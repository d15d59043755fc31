"""Shared components 应用支撑体系: the floor on which the three networks stand."""
