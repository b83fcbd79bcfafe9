"""The garbage collector, while much is made and forgotten beside what stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def passing_by_what_is_here() -> Iterator[None]:
    """Let the collector pass by what there is now, until the end: it would look through all of it again and again.

    The code lists alone are some hundred thousand objects, and each thousand records that are written makes it look.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
