"""`python -m guibin.cli`: as `guibin`."""

from . import main

main()
