"""Demo data: the enterprises that the source reports name, and made-up ones beside them."""
