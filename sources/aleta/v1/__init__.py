"""What v1 has of its own: items in several spellings, lists that go on by cursors, ETags of their pages. Pure."""
