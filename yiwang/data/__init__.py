"""The data base 数据资源体系: the floor of registries, catalogues and exchange under the three networks."""
