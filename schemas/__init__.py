"""What a table is: its columns, types, units and descriptions, and what answers call them."""
