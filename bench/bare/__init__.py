"""The limits: the same rows written with nothing around them, by Django and by psycopg alone."""
