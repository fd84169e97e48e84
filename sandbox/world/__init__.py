"""The seeded world: objects, rows and computed figures. Pure."""
