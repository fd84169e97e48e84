"""What Aleta's API answers: its paths, their parameters, v1, uploads. Faults and tokens are elsewhere."""
