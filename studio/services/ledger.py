"""What language models cost a project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from studio.core.endpoints import Endpoint
from studio.core.functions import LabelingFunction
from studio.labeling.base import kinds
from studio.labeling.kinds.prompt import UNPARSEABLE, PromptOptions
from studio.services import resources
from studio.services.completions import group_of
from studio.storage.completions import Spent
from studio.storage.store import Store


@dataclass(frozen=True)
class LedgerRow:
    """What one prompt took at one endpoint.

    ``functions`` share the prompt word for word, hence its answers; none where the prompt was
    edited since, or tried and never saved. ``endpoint`` is "" where that is not known any more.
    ``calls`` are the answers paid for; ``documents`` are those that the functions' votes rest on,
    ``unparseable`` those of them whose answer stood for nothing.
    """

    functions: tuple[str, ...]
    endpoint: str
    calls: int
    documents: int
    tokens_in: int
    tokens_out: int
    cost: float
    unparseable: int

    @property
    def cached(self) -> int:
        """Documents that were answered without a call of their own."""
        return max(0, self.documents - self.calls)


def ledger(store: Store, project_id: int) -> list[LedgerRow]:
    """Return what language models cost a project, one row a prompt and endpoint.

    Rows of today's functions come first, in their order. The sum of ``cost`` is what the project
    spent in all.
    """
    spent = store.completions.spent(project_id)
    shards = store.documents.shards(project_id)
    rows: dict[str, LedgerRow] = {}
    for function, endpoint in _prompt_functions(store, project_id):
        group = group_of(endpoint, function.options["prompt"])
        votes = [store.votes.load(function.fingerprint, shard) for shard in shards]
        faults = [f for part in votes if part is not None for f in part.faults]
        voted = sum(s.n_docs for s, part in zip(shards, votes, strict=True) if part is not None)
        failed = sum(f.count for f in faults if f.exception != UNPARSEABLE)
        unparseable = sum(f.count for f in faults if f.exception == UNPARSEABLE)
        row = rows.get(group) or _row(endpoint.name, spent.pop(group, Spent()))
        rows[group] = LedgerRow(
            (*row.functions, function.name),
            row.endpoint,
            row.calls,
            row.documents + max(0, voted - failed),
            row.tokens_in,
            row.tokens_out,
            row.cost,
            row.unparseable + unparseable,
        )
    return [*rows.values(), *(_row("", left) for left in spent.values())]


def _prompt_functions(
    store: Store, project_id: int
) -> Iterator[tuple[LabelingFunction, Endpoint]]:
    for function in resources.functions_of(store, project_id):
        if kinds.get(function.kind).Options is PromptOptions:
            endpoint = store.endpoints.last(function.options["endpoint"])
            if endpoint is not None:
                yield function, endpoint


def _row(endpoint: str, spent: Spent) -> LedgerRow:
    return LedgerRow(
        (), endpoint, spent.calls, 0, spent.tokens_in, spent.tokens_out, spent.cost, 0
    )
