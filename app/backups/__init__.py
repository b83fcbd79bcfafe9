"""Save the node's database into one file, and put it back."""
