"""Answers of language models for labeling functions: asked once, kept, and paid for once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any

from studio.core.endpoints import Endpoint
from studio.core.errors import NotFound, Unavailable
from studio.core.fingerprints import fingerprint
from studio.core.jobs import Progress, no_progress
from studio.core.options import parse_options
from studio.core.schema import ABSTAIN
from studio.importers.quality.personal import mask_text
from studio.labeling.chat import PATIENT, Chat, Patience
from studio.labeling.kinds.prompt import PromptOptions, read_answers
from studio.labeling.prompting import fields_of
from studio.labeling.resources import PLAIN, Completion, Sampling
from studio.services.endpoints import masks_texts, open_chat, problem_sentence
from studio.storage.completions import KeptAnswer, key_of
from studio.storage.store import Store

MAX_MISSES = 10
"""Prompts in a row that an endpoint may leave unanswered before it is asked no more."""

_LOOK_SECONDS = 0.2


def complete(
    store: Store,
    project_id: int,
    endpoint: str,
    prompts: Sequence[str],
    *,
    sampling: Sampling = PLAIN,
    progress: Progress = no_progress,
    patience: Patience = PATIENT,
) -> Sequence[Completion]:
    """Return the answers of a language model, one a prompt, in order.

    What this project asked the same model before, in the same words, is not asked again. Every
    answer is kept the moment it comes, so that a stop loses none that was paid for.

    Raises
    ------
    Canceled
        From ``progress``; looked at several times a second.
    """
    try:
        known = store.endpoints.get(endpoint)
        asked = _Asked(store, project_id, known, prompts, sampling=sampling)
        if asked.todo:
            asked.ask(open_chat(known, patience), progress)
    except (NotFound, Unavailable) as error:
        return [Completion(None, str(error), refused=True)] * len(prompts)
    return asked.answers()


class _Asked:
    """The prompts of one call: which are answered already, which have to be asked."""

    def __init__(
        self,
        store: Store,
        project_id: int,
        endpoint: Endpoint,
        prompts: Sequence[str],
        *,
        sampling: Sampling,
    ) -> None:
        self._store, self._project_id, self._endpoint = store, project_id, endpoint
        self._sampling = sampling
        outgoing = _outgoing(store, project_id, endpoint, prompts)
        self._keys = [_key(project_id, endpoint, prompt, sampling) for prompt in outgoing]
        kept = store.completions.find(list(dict.fromkeys(self._keys)))
        self._known = {key: Completion(k.answer, cached=True) for key, k in kept.items()}
        pairs = zip(self._keys, outgoing, strict=True)
        self.todo = {key: prompt for key, prompt in pairs if key not in kept}

    def ask(self, chat: Chat, progress: Progress) -> None:
        """Ask what was not asked before, some prompts at once."""
        misses = 0
        pool = ThreadPoolExecutor(self._sampling.concurrency, thread_name_prefix="prompt")
        try:
            for key, completion in self._as_they_come(pool, chat, progress):
                misses = 0 if completion.answer is not None else misses + 1
                refused = completion.refused or misses >= MAX_MISSES
                self._keep(key, replace(completion, refused=refused))
                if refused:
                    self._give_up(self._known[key])
                    break
        finally:
            # Who canceled does not wait for an answer that is under way.
            chat.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            chat.close()

    def answers(self) -> list[Completion]:
        """Return the answers in the order of the prompts; repeated prompts were asked once."""
        found, seen = [], set()
        for key in self._keys:
            completion = self._known[key]
            is_repeated = key in seen and completion.answer is not None
            found.append(Completion(completion.answer, cached=True) if is_repeated else completion)
            seen.add(key)
        return found

    def _as_they_come(
        self, pool: ThreadPoolExecutor, chat: Chat, progress: Progress
    ) -> Iterator[tuple[str, Completion]]:
        waiting = iter(self.todo.items())
        under_way: dict[Future[Completion], str] = {}
        done = 0
        while True:
            # No more than are asked at once: a stop then finds nothing else queued.
            while len(under_way) < self._sampling.concurrency:
                following = next(waiting, None)
                if following is None:
                    break
                under_way[pool.submit(chat.ask, following[1], self._sampling)] = following[0]
            if not under_way:
                return
            ended, _ = wait(under_way, _LOOK_SECONDS, FIRST_COMPLETED)
            progress(done / len(self.todo))
            for future in ended:
                done += 1
                yield under_way.pop(future), future.result()

    def _keep(self, key: str, completion: Completion) -> None:
        self._known[key] = completion
        if completion.answer is None:
            sentence = problem_sentence(self._endpoint, completion.problem)
            self._known[key] = Completion(None, sentence, refused=completion.refused)
            return
        tokens = completion.tokens_in, completion.tokens_out
        kept = KeptAnswer(completion.answer, *tokens, self._endpoint.cost(*tokens))
        self._store.completions.save(self._project_id, {key: kept})

    def _give_up(self, last: Completion) -> None:
        for key in self.todo:
            self._known.setdefault(key, last)


def _outgoing(
    store: Store, project_id: int, endpoint: Endpoint, prompts: Sequence[str]
) -> list[str]:
    """Return prompts as the endpoint gets to see them."""
    if not masks_texts(store, project_id, endpoint):
        return list(prompts)
    return [mask_text(prompt) for prompt in prompts]


def group_of(endpoint: Endpoint, template: str) -> str:
    """Return what the costs of a prompt at an endpoint are summed by."""
    return fingerprint(endpoint.fingerprint, template)


def _key(project_id: int, endpoint: Endpoint, prompt: str, sampling: Sampling) -> str:
    group = group_of(endpoint, sampling.template)
    # Temperature is always 0, and the group holds address and model.
    return key_of(project_id, group, prompt, sampling.max_tokens, sampling.seed)


@dataclass(frozen=True)
class DocumentAnswer:
    """What a model said of one document.

    ``answer`` is None where it was not asked yet; ``label`` is the index that the answer stands
    for, None where it stands for none, ``ABSTAIN`` where it stands for no label; ``gold`` is None
    where nobody said.
    """

    doc_id: int
    answer: str | None
    label: int | None
    gold: int | None


def kept_answers(
    store: Store, project_id: int, options: Mapping[str, Any], doc_ids: Sequence[int]
) -> list[DocumentAnswer]:
    """Return what is kept of a model's answers on documents, in the order given; asks nothing.

    Parameters
    ----------
    options
        Those of a *prompt* function, saved or still being tried.

    Raises
    ------
    NotFound
        If there is no such endpoint, or a document is not there.
    Invalid
        If the options are not what the kind accepts.
    """
    parsed = parse_options(PromptOptions, dict(options), what="The prompt function")
    schema = store.projects.get(project_id).schema
    endpoint = store.endpoints.get(parsed.endpoint)
    documents = store.documents.get(project_id, doc_ids)
    rows = [{"text": d.text, **d.metadata} for d in documents]
    fields_of(parsed.prompt, ["text", *store.documents.metadata_columns(project_id)])
    outgoing = _outgoing(store, project_id, endpoint, parsed.prompts(rows, schema))
    keys = [_key(project_id, endpoint, prompt, parsed.sampling()) for prompt in outgoing]
    kept = store.completions.find(list(dict.fromkeys(keys)))
    answers = [kept[key].answer if key in kept else None for key in keys]
    gold = store.annotations.gold(project_id)
    return [
        DocumentAnswer(
            doc_id, answer, label, None if gold[doc_id] == ABSTAIN else int(gold[doc_id])
        )
        for doc_id, answer, label in zip(
            doc_ids, answers, read_answers(parsed, schema, answers), strict=True
        )
    ]
