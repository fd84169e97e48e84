"""What `check` looks at, and what it found."""
