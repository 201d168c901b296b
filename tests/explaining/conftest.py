from __future__ import annotations

import warnings

import pytest


@pytest.fixture(scope="session", autouse=True)
def _imported_shap() -> None:
    """Import shap once: its palettes use a function that matplotlib is going to retire."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap

        assert shap.__version__
