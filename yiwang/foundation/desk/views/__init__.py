"""The pages of the workbench, by subject."""
