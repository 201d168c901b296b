"""What single pages draw: one file a page, so that a page stays four paragraphs."""
