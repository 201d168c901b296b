"""Nouns and their laws; numpy, pydantic and the standard library only."""
