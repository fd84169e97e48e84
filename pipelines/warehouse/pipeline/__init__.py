"""A tenant's pipeline as dlt keeps it: its folder, its state, its packages, and how a run goes on after a kill."""
