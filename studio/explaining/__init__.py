"""A classifier and a text into why: one file a method."""
