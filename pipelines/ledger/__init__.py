"""What is proven and what is due: marks, receipts, the learned cap, the readings of a night. Pure."""
