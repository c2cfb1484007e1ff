"""`make client`: a typed Python client of the API with the packs that are installed here, made from its document."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from litestar.serialization import encode_json

from guibin.app.document import document_of
from guibin.app.factory import create_app
from guibin.packs import Packs, installed

HERE = Path(__file__).parent
TAKES_S = 300


def made(into: Path, described: bytes) -> None:
    """Write the client there. Raises CalledProcessError when the document does not give all of it without a warning."""
    with tempfile.TemporaryDirectory() as folder:
        read = Path(folder) / "openapi.json"
        read.write_bytes(described)
        command = [
            str(Path(sys.executable).parent / "openapi-python-client"),
            "generate",
            "--fail-on-warning",
            "--overwrite",
        ]
        command += ["--path", str(read), "--config", str(HERE / "config.yml"), "--output-path", str(into)]
        subprocess.run(command, check=True, timeout=TAKES_S, capture_output=True, text=True)


def document(app: Any) -> bytes:
    """The document of an application, as JSON, within whatever is wrapped around it."""
    while not hasattr(app, "openapi_schema"):
        app = app.app
    return encode_json(document_of(app))


def main() -> None:
    """The first argument is the folder; without one, `guibin-client` beside this file."""
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "guibin-client"
    made(into, document(create_app("postgresql://nobody@nowhere/nothing", packs=Packs(installed()))))
    print(f"{into} is written: pip install {into}")


if __name__ == "__main__":
    main()
