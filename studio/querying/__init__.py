"""Which document to review next: one file a strategy."""
