from studio.core.users import Role
from studio.ui import frame
from studio.ui.parts import review as parts
from studio.ui.text import _

view = frame.open_page("review", Role.ANNOTATOR, lead=parts.LEAD)
store, user, project = view.store, view.user, view.project

total = store.documents.count(project.project_id)

if total:
    chosen = parts.draw_queue(store, project)
    with frame.shown_errors():
        parts.show_desk(store, user, project, chosen)
else:
    frame.empty_state(
        _("Nothing to review yet"),
        _("Upload documents; with labeling functions and weak labels, review is much faster."),
        page="documents",
    )
