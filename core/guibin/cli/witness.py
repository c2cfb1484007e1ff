"""`guibin witness`: a witness of other people's logs."""

from pathlib import Path
from typing import Annotated

import uvicorn
from cyclopts import Parameter

from guibin.evidence.verify import ED25519, Key
from guibin.evidence.witness import Witness, application

from .output import fail, out


def witness(
    folder: Path,
    *,
    name: Annotated[str, Parameter(help="What it is called in its key, such as witness.example.com.")],
    log: Annotated[tuple[str, ...], Parameter(help="The key of a log it watches, as the log tells it; once for each.")],
    port: Annotated[
        int, Parameter(help="Where it listens, on this machine only: a proxy with TLS stands before it.")
    ] = 8090,
) -> None:
    """Cosign checkpoints of these logs that are consistent with what was seen before; FOLDER holds the key and what was seen."""
    try:
        logs = [Key.of(each) for each in log]
    except ValueError:
        fail("a log's key is name+id+base64: GET /api/v1/evidence tells it")
    if any(each.kind != ED25519 for each in logs) or not name or {" ", "+"} & set(name):
        fail("a log's key, and a name without spaces and plus signs")
    watching = Witness(folder, name, logs)
    out.print(f"{watching.key}\nhttp://127.0.0.1:{port}/", markup=False)
    uvicorn.run(application(watching), host="127.0.0.1", port=port, log_level="warning")
