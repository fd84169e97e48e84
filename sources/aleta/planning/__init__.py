"""Which days to ask for next, and what may be kept. Pure.

`planner` believes in one cap, `trials` put that belief to the test, `strict` reads without it.
"""
