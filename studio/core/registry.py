"""Families of interchangeable parts: one file a member, found by name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import ClassVar, Generic, TypeVar

from studio.core.errors import NotFound
from studio.core.options import NoOptions, Options


class Member:
    """Base of all family members: what the catalogue and the form need to know.

    ``name`` is set by the registry and stored in projects, so it never changes. ``title`` and
    ``summary`` are for people. ``Options`` is the pydantic model of the member's options.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    Options: ClassVar[type[Options]] = NoOptions


M = TypeVar("M", bound=Member)


class Registry(Generic[M]):
    """The members of one family.

    Parameters
    ----------
    family
        What the family is called in a sentence, in the singular: ``"label model"``.
    package
        The package whose modules are the members; imported when a member is first asked for.
    default
        The name offered first.
    """

    def __init__(self, family: str, package: str, default: str) -> None:
        self.family = family
        self.default = default
        self._package = package
        self._members: dict[str, type[M]] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[type[M]], type[M]]:
        """Return a decorator that adds a class under ``name``.

        Raises
        ------
        ValueError
            If the name is taken: a mistake of the programmer, found at import.
        """

        def add(member: type[M]) -> type[M]:
            if name in self._members:
                raise ValueError(f"Two members of {self.family} are called {name!r}.")
            member.name = name
            self._members[name] = member
            return member

        return add

    def get(self, name: str) -> type[M]:
        """Return the member called ``name``.

        Raises
        ------
        NotFound
            If there is none; the message lists those there are.
        """
        self._load()
        if name not in self._members:
            raise NotFound(
                f"There is no {self.family} {name!r}; there are {', '.join(self.names())}."
            )
        return self._members[name]

    def names(self) -> tuple[str, ...]:
        """Return all names: the default first, the rest in alphabetical order."""
        self._load()
        rest = sorted(name for name in self._members if name != self.default)
        return (self.default, *rest) if self.default in self._members else tuple(rest)

    def members(self) -> Iterator[type[M]]:
        """Iterate over the members in the order of :meth:`names`."""
        return (self._members[name] for name in self.names())

    def _load(self) -> None:
        if self._loaded:
            return
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{self._package}.{module.name}")
        self._loaded = True
