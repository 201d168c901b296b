"""A classifier and documents into findings."""
