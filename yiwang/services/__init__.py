"""One network for services 一网通办."""
