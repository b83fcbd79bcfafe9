"""The garbage collector, while much is made and forgotten beside what stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_MADE_MEANWHILE: Final = 200_000


@contextmanager
def passing_by_what_is_here() -> Iterator[None]:
    """Let the collector pass by what there is now, until the end: it would look through all of it again and again.

    The code lists alone are some hundred thousand objects, and each thousand records that are written makes it look.
    What is made meanwhile it looks at now and then: rows and texts hold nothing that holds them, and go by themselves.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_MADE_MEANWHILE, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
