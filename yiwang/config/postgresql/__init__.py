"""PostgreSQL as Django knows it, with a look at each kept connection that costs no round trip."""
