"""Objects: the tree of lists from the clients down, what lists leave out by its id, and whether a list is whole."""
