"""Open data 公共数据开放 (D08): what the agencies hold and nobody needs to keep back is given to everybody, in a form that programs can use.

A published resource of the catalogue is prepared for opening by its provider: a treatment for each field, then a disclosure check of the very
bytes that would be released. The data bureau reviews and releases; a release is an immutable edition of a dataset. The public finds, reads,
downloads and queries it; programs find it through DCAT, schema.org and CKAN's action API. What is open on conditions is given on a
token with a term and a quota. Sources: 国发〔2015〕50号 (促进大数据发展行动纲要), 数据安全法第四十一、四十二条, 个人信息保护法第七十三条 (匿名化).
"""
