"""Files of historical holdings to the API, each row's outcome on disk before the next is sent."""
