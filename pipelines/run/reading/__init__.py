"""The thread that reads: which objects there are, which windows are due, what they teach of the row cap."""
