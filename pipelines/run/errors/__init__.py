"""What goes wrong in a run, as problems of its report: which code, whose, and what to do; what ends it, and how."""
