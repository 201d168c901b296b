"""Kinds of labeling functions: one file a kind."""
