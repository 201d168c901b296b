"""Labels and models into files: one file a format."""
