"""Explainers: one file a method."""
