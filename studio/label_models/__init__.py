"""Votes into weak labels: one file a model."""
