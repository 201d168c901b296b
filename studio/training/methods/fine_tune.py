"""Fine-tuning of a pretrained transformer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np

from studio.core.classifier import Classifier
from studio.core.errors import Canceled
from studio.core.options import Options as AnyOptions
from studio.core.options import option
from studio.core.runs import TrainingSet
from studio.training.backbones import BUNDLED, fetch_backbone, find_backbone
from studio.training.base import TrainContext, TrainingMethod, check_learnable, training_methods
from studio.training.batches import Tokens
from studio.training.checkpoints import best_checkpoint, checkpoint_step, last_checkpoint
from studio.training.manifest import Manifest, library_versions, read_manifest, write_manifest
from studio.training.precision import use_bf16
from studio.training.trainer import Examples, Plan, make_trainer
from studio.training.transformer import (
    TransformerClassifier,
    best_device,
    length_limit,
    load_model,
    load_tokenizer,
    load_transformer,
)

LEAST_EPOCHS, MOST_EPOCHS = 3, 10
ENOUGH_STEPS = 130
MAX_WATCHED = 2000
"""Dev documents looked at during a run: enough for an error of about one percent."""


class FineTuneOptions(AnyOptions):
    """Options of fine-tuning."""

    backbone: str = option(
        BUNDLED,
        title="Backbone",
        help="The pretrained model to start from: bundled, a Hugging Face name, or a folder. "
        "Larger ones learn more from the same labels and take longer.",
        min_length=1,
        widget="backbone",
    )
    epochs: int | None = option(
        None,
        title="Epochs",
        help="How often every document is seen. Left empty: 3, and up to 10 for small sets. The "
        "best state on dev documents is kept anyway.",
        minimum=1,
        maximum=100,
    )
    learning_rate: float = option(
        5e-5,
        title="Learning rate",
        help="How far one step moves the weights. Too high forgets the pretraining, too low "
        "learns nothing in the given epochs.",
        minimum=1e-7,
        maximum=1e-2,
    )
    batch_size: int = option(
        32,
        title="Batch size",
        help="Documents of one step. Halve it if memory runs out.",
        minimum=1,
        maximum=512,
    )
    max_length: int = option(
        128,
        title="Longest text",
        help="Tokens read of a text; the rest is cut. Time grows with it for long texts.",
        minimum=8,
        maximum=8192,
    )
    weight_decay: float = option(
        0.01,
        title="Weight decay",
        help="Pull of the weights towards zero; a little protects from learning by heart.",
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    )
    warmup: float = option(
        0.1,
        title="Warm-up",
        help="Share of the steps during which the learning rate rises from zero.",
        minimum=0.0,
        maximum=0.9,
        advanced=True,
    )
    evaluations: int = option(
        9,
        title="Looks at dev",
        help="How often in a run the dev documents are judged and a checkpoint is written.",
        minimum=1,
        maximum=100,
        advanced=True,
    )
    patience: int = option(
        0,
        title="Patience",
        help="Looks at dev without a better one after which the run ends; 0 never ends early.",
        minimum=0,
        maximum=100,
        advanced=True,
    )
    best_by: Literal["macro_f1", "accuracy", "loss"] = option(
        "macro_f1",
        title="Best by",
        help="The figure on dev documents by which the best state is chosen and kept.",
        advanced=True,
    )
    precision: Literal["auto", "fp32", "bf16"] = option(
        "auto",
        title="Precision",
        help="bf16 computes with half the bits where the hardware is faster at it; auto knows.",
        advanced=True,
    )


def epochs_for(n_docs: int, batch_size: int) -> int:
    """Return a number of epochs for so many documents: 3 to 10, for about 130 steps at least.

    A head that starts at random needs some hundred steps before its probabilities mean anything.
    """
    steps = max(1, math.ceil(n_docs / batch_size))
    return min(MOST_EPOCHS, max(LEAST_EPOCHS, math.ceil(ENOUGH_STEPS / steps)))


@training_methods.register("fine-tune")
class FineTune(TrainingMethod):
    """All weights of a pretrained transformer, on soft targets."""

    title = "Fine-tune a transformer"
    summary = "Learns meaning, also from few labels; minutes on a processor, seconds on a GPU."
    Options = FineTuneOptions

    def check(self, options: AnyOptions) -> None:
        """Refuse a backbone that cannot be had."""
        find_backbone(_mine(options).backbone)

    def train(
        self, training_set: TrainingSet, options: AnyOptions, context: TrainContext
    ) -> Classifier:
        """Fine-tune, and export the best state as a plain Hugging Face folder."""
        chosen = _mine(options)
        check_learnable(training_set)
        checkpoint = last_checkpoint(context.work) if context.resume else None
        if not context.should_stop():
            model, tokens, step = _learn(training_set, chosen, context, checkpoint)
        elif checkpoint:
            model, tokens, step = _keep(training_set.labels, chosen, context, checkpoint)
        else:
            raise Canceled
        context.report({"type": "best", "step": step})
        manifest = Manifest(
            method=self.name,
            labels=training_set.labels,
            seed=context.seed,
            backbone=chosen.backbone,
            max_length=tokens.max_length,
            versions=library_versions(),
        )
        _export(model, tokens, manifest, context.out)
        return TransformerClassifier(model, tokens, training_set.labels)

    def load(self, folder: Path) -> Classifier:
        """Return the classifier of an exported folder."""
        manifest = read_manifest(folder)
        return load_transformer(folder, manifest.max_length if manifest else None)


def _mine(options: AnyOptions) -> FineTuneOptions:
    return FineTuneOptions.model_validate(options.model_dump())


def _learn(
    training_set: TrainingSet,
    chosen: FineTuneOptions,
    context: TrainContext,
    checkpoint: Path | None,
) -> tuple[Any, Tokens, int]:
    """Return the best model, its tokenizer, and the step at which it was the best."""
    model, tokens = _load_backbone(chosen, training_set.labels, context)
    train, dev = _encode(training_set, tokens, context)
    context.report({"type": "phase", "message": "Training"})
    trainer = make_trainer(
        model, tokens, _plan(chosen, len(training_set)), context, train=train, dev=dev
    )
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    context.report({"type": "phase", "message": "Saving the best state"})
    # For bf16 the trainer wraps the model's forward; what is saved computes in float32.
    model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    step = trainer.state.best_global_step or trainer.state.global_step
    return model, tokens, int(step)


def _keep(
    labels: tuple[str, ...], chosen: FineTuneOptions, context: TrainContext, checkpoint: Path
) -> tuple[Any, Tokens, int]:
    """Return the best state of an earlier attempt without learning any more."""
    context.report({"type": "phase", "message": "Saving the best state"})
    best = best_checkpoint(checkpoint)
    backbone = fetch_backbone(find_backbone(chosen.backbone))
    model, tokens = _prepare(best, backbone, labels, chosen)
    return model, tokens, checkpoint_step(best)


def _plan(chosen: FineTuneOptions, n_docs: int) -> Plan:
    return Plan(
        epochs=chosen.epochs or epochs_for(n_docs, chosen.batch_size),
        batch_size=chosen.batch_size,
        learning_rate=chosen.learning_rate,
        weight_decay=chosen.weight_decay,
        warmup=chosen.warmup,
        evaluations=chosen.evaluations,
        patience=chosen.patience,
        best_by=chosen.best_by,
        bf16=use_bf16(chosen.precision),
    )


def _load_backbone(
    chosen: FineTuneOptions, labels: tuple[str, ...], context: TrainContext
) -> tuple[Any, Tokens]:
    from transformers import set_seed

    backbone = find_backbone(chosen.backbone)
    if backbone.path is None:
        context.report({"type": "phase", "message": f"Downloading {backbone.name}"})
    folder = fetch_backbone(backbone)
    context.report({"type": "phase", "message": f"Loading {backbone.name}"})
    # The new head is drawn at random when the model is made, hence the seed comes first.
    set_seed(context.seed)
    return _prepare(folder, folder, labels, chosen)


def _prepare(
    weights: Path, backbone: Path, labels: tuple[str, ...], chosen: FineTuneOptions
) -> tuple[Any, Tokens]:
    # id2label and label2id go together always: readers of the folder use the one or the other.
    model = load_model(
        weights,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={name: index for index, name in enumerate(labels)},
        problem_type="single_label_classification",
        ignore_mismatched_sizes=True,
    )
    tokenizer = load_tokenizer(backbone)
    tokens = Tokens(tokenizer, length_limit(model.config, tokenizer, chosen.max_length))
    model.config.pad_token_id = tokens.pad_id
    return model.to(best_device()), tokens


def _encode(
    training_set: TrainingSet, tokens: Tokens, context: TrainContext
) -> tuple[Examples, Examples]:
    def heed() -> None:
        if context.should_stop():
            raise Canceled

    context.report({"type": "phase", "message": "Reading texts"})
    weights = training_set.weights / training_set.weights.mean()
    train = Examples(
        tokens.encode(training_set.texts, between=heed),
        training_set.targets.astype(np.float32),
        weights.astype(np.float32),
    )
    n_dev = len(training_set.dev_texts)
    rows = np.unique(np.linspace(0, n_dev - 1, min(n_dev, MAX_WATCHED)).astype(np.int64))
    one_hot = np.eye(len(training_set.labels), dtype=np.float32)
    dev = Examples(
        tokens.encode([training_set.dev_texts[row] for row in rows.tolist()], between=heed),
        one_hot[training_set.dev_labels[rows]],
        np.ones(len(rows), np.float32),
    )
    return train, dev


def _export(model: Any, tokens: Tokens, manifest: Manifest, out: Path) -> None:
    model.save_pretrained(out)
    tokens.tokenizer.save_pretrained(out)
    write_manifest(manifest, out)
