"""What is asked for when a company leaves."""

from guibin.cases.requests import NewDisclosure


class NewExit(NewDisclosure, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the pack is made and to whom it goes. `clear`: confidential values and files are in it in clear."""

    clear: bool = False
