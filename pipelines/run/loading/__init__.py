"""The thread that loads: packages, how far marks grow, what drifted, the row of the run."""
