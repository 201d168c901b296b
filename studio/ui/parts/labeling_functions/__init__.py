"""Drawn by the page Labeling functions."""

from studio.ui.parts.labeling_functions.commands import act
from studio.ui.parts.labeling_functions.desk import Do, desk_of
from studio.ui.parts.labeling_functions.documents import PAGE, page_number, show_documents
from studio.ui.parts.labeling_functions.editor import Surroundings, draw_actions, draw_editor
from studio.ui.parts.labeling_functions.history import show_faults, show_history, show_pins
from studio.ui.parts.labeling_functions.ideas import draw_pairwise, draw_suggestions
from studio.ui.parts.labeling_functions.layout import LEAD, columns, draw_sides, draw_tabs
from studio.ui.parts.labeling_functions.lexicons import draw_lexicons
from studio.ui.parts.labeling_functions.models import draw_models
from studio.ui.parts.labeling_functions.module import draw_module
from studio.ui.parts.labeling_functions.panels import (
    show_comparing,
    show_job,
    show_nothing_yet,
    show_result,
    show_suggesting,
)
from studio.ui.parts.labeling_functions.table import draw_apply, draw_table, show_apply

__all__ = [
    "LEAD",
    "PAGE",
    "Do",
    "Surroundings",
    "act",
    "columns",
    "desk_of",
    "draw_actions",
    "draw_apply",
    "draw_editor",
    "draw_lexicons",
    "draw_models",
    "draw_module",
    "draw_pairwise",
    "draw_sides",
    "draw_suggestions",
    "draw_table",
    "draw_tabs",
    "page_number",
    "show_apply",
    "show_comparing",
    "show_documents",
    "show_faults",
    "show_history",
    "show_job",
    "show_nothing_yet",
    "show_pins",
    "show_result",
    "show_suggesting",
]
