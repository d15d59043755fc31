"""Pages of the catalogue: for officials, and for everybody."""
