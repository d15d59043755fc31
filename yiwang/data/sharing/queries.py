"""Front door for reading."""
