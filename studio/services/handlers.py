"""Importing this module registers every kind of job that a worker can do."""

from studio.services import (
    deploy,
    documents,
    inspect,
    labeling,
    training,
    trying,
    weak_labels,
)

__all__ = ["deploy", "documents", "inspect", "labeling", "training", "trying", "weak_labels"]
