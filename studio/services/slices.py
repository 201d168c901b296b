"""Slices: filters that people saved under a name, and that serve on every page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from studio.core.documents import DocumentFilter
from studio.core.errors import Invalid, NotFound
from studio.core.slices import Scope, Slice
from studio.core.users import Role, User
from studio.services import browsing, selections
from studio.storage.store import Store


@dataclass(frozen=True)
class SliceRow:
    """A slice as a list shows it. ``problem`` says why it cannot be counted, None if it can."""

    slice: Slice
    n_docs: int
    words: str
    problem: str | None = None


def choices(store: Store, project_id: int) -> list[Slice]:
    """Return the slices of a project by name: what a page offers to choose from."""
    return sorted(store.slices.list(project_id), key=lambda one: one.name.casefold())


def mask(store: Store, project_id: int, slice_id: int) -> NDArray[np.bool_]:
    """Return bool ``[n_docs]``: whether each document belongs to a slice now.

    Raises
    ------
    NotFound
        If the project has no such slice.
    """
    return selections.mask(store, project_id, f"slice:{slice_id}")


def scope_mask(store: Store, project_id: int, scope: Scope | None) -> NDArray[np.bool_]:
    """Return bool ``[n_docs]``: whether each document lies in a scope; all do where it is None."""
    if scope is None:
        return np.ones(store.documents.count(project_id), np.bool_)
    inside = mask(store, project_id, scope.slice_id)
    return ~inside if scope.outside else inside


def save(store: Store, actor: User, project_id: int, *, name: str, query: DocumentFilter) -> Slice:
    """Save a filter as a slice.

    Raises
    ------
    Invalid
        If the name is none, or the filter lets everything through.
    Conflict
        If another slice of the project has this name.
    """
    actor.require(Role.EDITOR)
    if query == DocumentFilter():
        raise Invalid("No filter is set, so the slice would be the whole project. Set one first.")
    # Asked once, so that no slice is kept that cannot be asked. It also rules out circles: a
    # slice can only rest on slices that are there already.
    browsing.mask(store, project_id, query)
    made = store.slices.add(project_id, name, query, actor=actor.name)
    store.events.add(project_id, actor.name, "save slice", made.name)
    return made


def rename(store: Store, actor: User, project_id: int, slice_id: int, *, name: str) -> None:
    """Give a slice another name.

    Raises
    ------
    Conflict
        If another slice has it.
    """
    actor.require(Role.EDITOR)
    get(store, project_id, slice_id)
    store.slices.rename(slice_id, name)


def delete(store: Store, actor: User, project_id: int, slice_id: int) -> Slice:
    """Put a slice away and return it; :func:`restore` brings it back."""
    actor.require(Role.EDITOR)
    found = get(store, project_id, slice_id)
    store.slices.delete(slice_id)
    store.events.add(project_id, actor.name, "delete slice", found.name)
    return found


def restore(store: Store, actor: User, project_id: int, slice_id: int) -> None:
    """Bring a deleted slice back."""
    actor.require(Role.EDITOR)
    get(store, project_id, slice_id)
    store.slices.restore(slice_id)


def get(store: Store, project_id: int, slice_id: int) -> Slice:
    """Return a slice of a project, a deleted one too.

    Raises
    ------
    NotFound
        If the project has no such slice.
    """
    found = store.slices.get(slice_id)
    if found.project_id != project_id:
        raise NotFound(f"The slice {slice_id} belongs to another project.")
    return found


def rows(store: Store, project_id: int) -> list[SliceRow]:
    """Return the slices of a project by name, with their counts and what they ask, in words."""
    found = []
    for one in choices(store, project_id):
        try:
            n_docs = int(mask(store, project_id, one.slice_id).sum())
            words = browsing.sentence(store, project_id, one.filter)
            found.append(SliceRow(one, n_docs, words))
        except (Invalid, NotFound) as error:
            found.append(SliceRow(one, 0, "", str(error)))
    return found
