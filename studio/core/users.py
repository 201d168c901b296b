"""Who acts, and what the role of that person allows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from studio.core.errors import Forbidden


class Role(IntEnum):
    """What a person may do; each role may do all that the lower ones may."""

    VIEWER = 0
    ANNOTATOR = 1
    EDITOR = 2
    ADMIN = 3


@dataclass(frozen=True)
class User:
    """A person, by name, with one role in this studio."""

    name: str
    role: Role = Role.ADMIN

    def require(self, role: Role) -> None:
        """Refuse unless this user has ``role`` or a higher one.

        Raises
        ------
        Forbidden
            If the role is lower.
        """
        if self.role < role:
            raise Forbidden(
                f"This needs the role {role.name.lower()}; {self.name} has the role "
                f"{self.role.name.lower()}. Ask an administrator of this studio."
            )
