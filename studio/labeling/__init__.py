"""Documents into votes."""
