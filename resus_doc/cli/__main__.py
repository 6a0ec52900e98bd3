"""`python -m resus_doc.cli`."""

from resus_doc.cli.main import main

main()
