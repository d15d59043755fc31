"""Front door for reading open data: what is open to everybody, what a person asked, what officials prepare."""

from yiwang.data.opendata.permissions import OWN, READ, STAFF

from .asked import Mine, Waiting, mine, showcases, waiting_accesses, wishes
from .published import (
    ChangeRow,
    Found,
    Wanted,
    changes,
    dataset,
    datasets,
    download,
    edition_of,
    facets,
    figures,
    formats_of,
    path_of,
    provider_counts,
    rows,
    wanted_of,
)
from .staff import PreparationView, openable, preparation, preparations, preview, staff_dataset

__all__ = [
    "OWN",
    "READ",
    "STAFF",
    "ChangeRow",
    "Found",
    "Mine",
    "PreparationView",
    "Waiting",
    "Wanted",
    "changes",
    "dataset",
    "datasets",
    "download",
    "edition_of",
    "facets",
    "figures",
    "formats_of",
    "mine",
    "openable",
    "path_of",
    "preparation",
    "preparations",
    "preview",
    "provider_counts",
    "rows",
    "showcases",
    "staff_dataset",
    "waiting_accesses",
    "wanted_of",
    "wishes",
]
