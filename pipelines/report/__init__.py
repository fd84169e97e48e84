"""What a run did and does, as values and as words: report, text, progress, logs."""
