"""Importing this module registers every kind of job that a worker can do."""

import importlib
import pkgutil

import studio.services

for _module in pkgutil.iter_modules(studio.services.__path__):
    importlib.import_module(f"studio.services.{_module.name}")
