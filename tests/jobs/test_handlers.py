from __future__ import annotations

from typing import Any

import pytest

import tests.jobs.sample_handlers as sample
from studio.core.errors import NotFound
from studio.jobs.handlers import LANES, handler_of, handles


def test_a_handler_is_found_by_its_kind_with_its_lane() -> None:
    found = handler_of("test_echo")
    assert (found.kind, found.lane, found.run) == ("test_echo", LANES["interactive"], sample.echo)


def test_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(NotFound, match="'test_nothing'"):
        handler_of("test_nothing")


def test_an_unknown_lane_is_a_mistake_at_import() -> None:
    with pytest.raises(ValueError, match="no lane 'fast'"):
        handles("test_other", lane="fast")


def test_two_functions_for_one_kind_are_a_mistake_at_import() -> None:
    def other(*_: Any) -> dict[str, Any]:
        return {}

    with pytest.raises(ValueError, match="handled by"):
        handles("test_echo")(other)


def test_a_module_that_is_imported_again_may_register_again() -> None:
    assert handles("test_echo", lane="interactive")(sample.echo) is sample.echo
