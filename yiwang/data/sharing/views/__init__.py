"""Pages of sharing: applying, grants, clients, figures. No rules."""
