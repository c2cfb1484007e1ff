"""Where in the files of a pack something stands: whoever is to mend it opens that line."""

import traceback
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_READ = (".py", ".toml", ".html")
FILES_MAX = 200


def home_of(plugin: object) -> Path | None:
    """The folder or file that the pack is made of; None for one that stands in no file."""
    file = getattr(plugin, "__file__", None)
    if not file:
        return None
    path = Path(file)
    return path.parent if path.name == "__init__.py" else path


def line_of(plugin: object, *words: str) -> str:
    """The first line in which one of the words stands as a text of its own, the first word first: `pack.py:12`; otherwise the
    pack's own file, empty for a pack that stands in none."""
    home = home_of(plugin)
    if home is None:
        return ""
    for word in filter(None, words):
        for path, text in _texts(home):
            for number, line in enumerate(text, 1):
                if f'"{word}"' in line or f"'{word}'" in line or line.strip().startswith(_beginnings(word)):
                    return f"{_named(path, home)}:{number}"
    return _named(home / "__init__.py" if home.is_dir() else home, home)


def says(plugin: object, message: str) -> bool:
    """Whether the message stands in the pack's own code: then it holds nothing of what the hook was asked about."""
    home = home_of(plugin)
    return home is not None and bool(message) and any(message in line for _, text in _texts(home) for line in text)


def raised_at(plugin: object, error: BaseException) -> str:
    """The last line of the pack that was running, as `pack.py:12`; of a syntax error the line it is on."""
    home = home_of(plugin)
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}:{error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_absolute()]
    if home is not None:
        own = [frame for frame in frames if Path(frame.filename).is_relative_to(home)]
        return f"{_named(Path(own[-1].filename), home)}:{own[-1].lineno}" if own else ""
    foreign = [
        frame for frame in frames if "guibin/packs.py" not in frame.filename and "importlib" not in frame.filename
    ]
    return f"{Path(foreign[-1].filename).name}:{foreign[-1].lineno}" if foreign else ""


def _beginnings(word: str) -> tuple[str, ...]:
    return (f"{word} =", f"{word}=", f"def {word}(", f"async def {word}(", f"class {word}(")


def _named(path: Path, home: Path) -> str:
    return str(path.relative_to(home)) if home.is_dir() else path.name


@lru_cache(maxsize=8)
def _texts(home: Path) -> tuple[tuple[Path, tuple[str, ...]], ...]:
    return tuple(
        (path, tuple(path.read_text(encoding="utf-8", errors="replace").splitlines())) for path in _files(home)
    )


def _files(home: Path) -> Iterator[Path]:
    if home.is_file():
        yield home
        return
    found = sorted(path for path in home.rglob("*") if path.suffix in _READ and path.is_file())
    # Code first: there a value is written, in a list of texts only its name.
    yield from sorted(found, key=lambda path: _READ.index(path.suffix))[:FILES_MAX]
