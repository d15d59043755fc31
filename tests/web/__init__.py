"""The look and the manners of the web, without a browser."""
