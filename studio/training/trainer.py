"""``transformers.Trainer`` with soft targets, weights, like lengths and our events."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.errors import RunFailed
from studio.training.base import TrainContext
from studio.training.batches import Encoded, LikeLengths, Tokens

_EVAL_BATCH = 64
_PROGRESS_EVERY = 0.5
"""Seconds between two progress events: what a page can show."""


@dataclass(frozen=True)
class Examples:
    """Encoded documents with targets; a data set in the sense of torch.

    ``targets`` is float32 ``[n, k]``, ``weights`` float32 ``[n]``.
    """

    encoded: Encoded
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.encoded)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {
            "ids": self.encoded[row],
            "targets": self.targets[row],
            "weights": self.weights[row],
        }

    def by_length(self) -> Examples:
        """Return the same documents, shortest first, so that batches need little padding."""
        order = np.argsort(self.encoded.lengths, kind="stable")
        rows = [self.encoded[row] for row in order.tolist()]
        starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
        ids = np.concatenate(rows) if rows else np.zeros(0, np.int32)
        return Examples(Encoded(ids, starts), self.targets[order], self.weights[order])


@dataclass(frozen=True)
class Plan:
    """How one run goes, in numbers.

    ``evaluations`` is how often dev documents are looked at; ``patience`` after how many looks
    without a better one the run ends (0: never); ``best_by`` is ``"loss"``, ``"accuracy"`` or
    ``"macro_f1"``.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    warmup: float
    evaluations: int
    patience: int
    best_by: str
    bf16: bool

    def n_steps(self, n_texts: int) -> int:
        """Return the optimizer steps of the whole run."""
        return self.epochs * math.ceil(n_texts / self.batch_size)


def soft_cross_entropy(logits: Any, targets: Any, weights: Any) -> Any:
    """Return the weighted cross-entropy of a batch against soft targets.

    Parameters
    ----------
    logits
        Tensor ``[n, k]`` of any floating type; computed in float32.
    targets
        Tensor ``[n, k]``, rows sum to 1.
    weights
        Tensor ``[n]`` with mean 1 over the whole training set.

    Returns
    -------
    Tensor
        ``sum_i w_i * (-sum_j t_ij log softmax(z_i)_j) / n``. The divisor is ``n``, not the sum of
        the weights, so that a batch of light documents moves the model little.
    """
    losses = -(targets * logits.float().log_softmax(dim=-1)).sum(dim=-1)
    return (losses * weights).mean()


def make_trainer(
    model: Any,
    tokens: Tokens,
    plan: Plan,
    context: TrainContext,
    *,
    train: Examples,
    dev: Examples,
) -> Any:
    """Return a trainer; ``dev`` is watched unless empty, and the best state ends in ``model``."""
    import torch
    from transformers import EarlyStoppingCallback, Trainer

    class SoftTrainer(Trainer):
        # Our loss is a mean over the batch; the trainer must know before it accumulates.
        loss_is_scaled_for_ga = False

        def _get_train_sampler(self, train_dataset: Any = None) -> Any:
            return LikeLengths(train.encoded.lengths, plan.batch_size, context.seed)

        def compute_loss(
            self,
            model: Any,
            inputs: Any,
            return_outputs: bool = False,
            num_items_in_batch: Any = None,
        ) -> Any:
            read = {name: inputs[name] for name in ("input_ids", "attention_mask")}
            logits = model(**read).logits
            loss = soft_cross_entropy(logits, inputs["targets"], inputs["weights"])
            return (loss, {"logits": logits.float()}) if return_outputs else loss

    def collate(examples: list[dict[str, Any]]) -> dict[str, Any]:
        batch = tokens.pad([example["ids"] for example in examples])
        batch["targets"] = torch.from_numpy(np.stack([e["targets"] for e in examples]))
        batch["weights"] = torch.from_numpy(np.stack([e["weights"] for e in examples]))
        return batch

    watched = len(dev) > 0
    callbacks = [_make_callback(context, plan, len(train))]
    if watched and plan.patience:
        callbacks.append(EarlyStoppingCallback(plan.patience))
    trainer = SoftTrainer(
        model=model,
        args=_arguments(plan, context, len(train), watched),
        data_collator=collate,
        train_dataset=train,
        eval_dataset=dev.by_length() if watched else None,
        compute_metrics=_dev_metrics,
        callbacks=callbacks,
    )
    _silence(trainer)
    return trainer


def _arguments(plan: Plan, context: TrainContext, n_texts: int, watched: bool) -> Any:
    import torch
    from transformers import TrainingArguments

    total = plan.n_steps(n_texts)
    every = max(1, math.ceil(total / plan.evaluations))
    return TrainingArguments(
        output_dir=str(context.work),
        num_train_epochs=plan.epochs,
        per_device_train_batch_size=plan.batch_size,
        per_device_eval_batch_size=_EVAL_BATCH,
        learning_rate=plan.learning_rate,
        weight_decay=plan.weight_decay,
        warmup_steps=plan.warmup,
        lr_scheduler_type="linear",
        eval_strategy="steps" if watched else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=1,
        load_best_model_at_end=watched,
        metric_for_best_model=plan.best_by if watched else None,
        greater_is_better=plan.best_by != "loss" if watched else None,
        logging_steps=max(1, total // 100),
        # A loss that is not a number must be seen, not replaced by the mean of the others.
        logging_nan_inf_filter=False,
        seed=context.seed,
        data_seed=context.seed,
        bf16=plan.bf16,
        use_cpu=not torch.cuda.is_available(),
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        label_names=["targets"],
        report_to="none",
        disable_tqdm=True,
    )


def _dev_metrics(prediction: Any) -> dict[str, float]:
    return dev_metrics(prediction.label_ids.argmax(axis=1), prediction.predictions.argmax(axis=1))


def dev_metrics(gold: NDArray[np.int64], decided: NDArray[np.int64]) -> dict[str, float]:
    """Return ``accuracy`` and ``macro_f1`` of decided labels, both ``[n]``."""
    from sklearn.metrics import accuracy_score, f1_score

    return {
        "accuracy": float(accuracy_score(gold, decided)),
        "macro_f1": float(f1_score(gold, decided, average="macro", zero_division=0.0)),
    }


def _silence(trainer: Any) -> None:
    from transformers import PrinterCallback, ProgressCallback

    # Standard output belongs to events.
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)


_NAMES = {
    "loss": "train_loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "eval_loss": "dev_loss",
    "eval_accuracy": "dev_accuracy",
    "eval_macro_f1": "dev_macro_f1",
}


def _make_callback(context: TrainContext, plan: Plan, n_texts: int) -> Any:
    from transformers import TrainerCallback

    class Reporter(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            self.speed = Speed(n_texts, plan, int(state.global_step))

        def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
            event = self.speed.at_step(int(state.global_step))
            if event:
                context.report(event)
            if context.should_stop():
                control.should_training_stop = True

        def on_log(
            self, args: Any, state: Any, control: Any, logs: Mapping[str, Any], **rest: Any
        ) -> None:
            for event in metric_events(int(state.global_step), logs):
                context.report(event)

    return Reporter()


def metric_events(step: int, logs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the trainer's log as metric events.

    Raises
    ------
    RunFailed
        If the training loss is not a finite number: nothing after that would mean anything.
    """
    events = []
    for raw, name in _NAMES.items():
        if raw not in logs:
            continue
        value = float(logs[raw])
        if math.isfinite(value):
            events.append({"type": "metric", "step": step, "name": name, "value": value})
        elif raw == "loss":
            raise RunFailed(
                f"At step {step} the loss was no longer a number: the model has diverged. Use a "
                "lower learning rate."
            )
    return events


class Speed:
    """How fast a run goes; makes progress events that are not more frequent than a page needs."""

    def __init__(self, n_texts: int, plan: Plan, first_step: int) -> None:
        self._total = plan.n_steps(n_texts)
        self._per_epoch = max(1, self._total // plan.epochs)
        self._texts_a_step = n_texts / self._per_epoch
        self._first = first_step
        self._began = time.monotonic()
        self._said = -math.inf

    def at_step(self, step: int) -> dict[str, Any] | None:
        """Return the progress event of a step; None if the last one was just now."""
        now = time.monotonic()
        if now - self._said < _PROGRESS_EVERY and step < self._total:
            return None
        self._said = now
        seconds = max(1e-9, now - self._began)
        done = max(1, step - self._first)
        return {
            "type": "progress",
            "step": step,
            "total": self._total,
            "epoch": step / self._per_epoch,
            "seconds": seconds,
            "eta": seconds / done * (self._total - step),
            "texts_per_second": done * self._texts_a_step / seconds,
        }
