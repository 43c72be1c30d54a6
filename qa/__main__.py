"""``python -m qa`` is ``qa``."""

from qa.cli.commands import main

main()
