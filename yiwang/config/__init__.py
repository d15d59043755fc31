"""Settings from the environment, addresses, servers and the ``yiwang`` command."""
