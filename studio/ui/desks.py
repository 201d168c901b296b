"""Which service calls stand behind the review card of a project."""

from __future__ import annotations

from functools import partial

from studio.core.documents import Split
from studio.core.errors import NotFound
from studio.core.users import User
from studio.services import review
from studio.storage.store import Store
from studio.ui.components.review import Desk


def desk_of(
    store: Store,
    user: User,
    project_id: int,
    *,
    queue: str | None = None,
    seed: int = 0,
    split: Split | None = None,
    slice_id: int | None = None,
) -> Desk:
    """Return the desk of a user on a project: one queue, if wanted of one split and slice."""
    return Desk(
        next_cards=partial(
            review.next_cards,
            store,
            user,
            project_id,
            queue=queue,
            seed=seed,
            split=split,
            slice_id=slice_id,
        ),
        submit=partial(review.submit, store, user, project_id),
        undo=partial(review.undo, store, user, project_id),
        find=partial(review.cards_of, store, user, project_id, queue=queue),
    )


def scope_of(user: User, project_id: int) -> str:
    """Return under which name the browser keeps answers that are still on their way."""
    return f"{project_id}.{user.name}"


def desk_of_scope(store: Store, user: User, scope: str) -> Desk | None:
    """Return the desk of a scope; None for another user's, or for a project that is gone."""
    number, _dot, name = scope.partition(".")
    if name != user.name or not number.isdecimal():
        return None
    try:
        store.projects.get(int(number))
    except NotFound:
        return None
    return desk_of(store, user, int(number))
