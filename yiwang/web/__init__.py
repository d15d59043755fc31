"""The look, and the manners of the web: tokens, layouts, components, problem documents. Knows no room above it."""
