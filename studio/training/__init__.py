"""A training set into a classifier."""
