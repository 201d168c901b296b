"""Weft: a labeling-and-training studio."""
