"""Messages and labeling functions of the sample project."""
