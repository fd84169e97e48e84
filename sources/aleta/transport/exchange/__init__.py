"""One request and its whole answer, within bounds of time and size, or one kind of error."""
