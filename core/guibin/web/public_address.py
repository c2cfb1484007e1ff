"""Under which address people outside reach this service, for links in messages. Never taken from a request: its sender chose that."""

_address = ""


def public_address() -> str:
    """Such as https://vip.example.com, without a slash at its end; empty when the operator named none."""
    return _address


def use_public_address(address: str) -> None:
    """Composition roots only."""
    global _address
    _address = address.strip().rstrip("/")
