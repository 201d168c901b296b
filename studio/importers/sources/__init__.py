"""Rows from elsewhere into a file that can be imported: one file a source."""
