"""One exported model over HTTP."""
