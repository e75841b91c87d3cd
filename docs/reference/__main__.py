"""Write docs/settings.md anew: `make reference`."""

from .settings import REFERENCE, rendered

REFERENCE.write_text(rendered())
