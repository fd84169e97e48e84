"""What is left of a run when it is over: its line in the journal, and word to whom `notify` names."""
