"""When the next request may be sent: the budget, who pauses when the server asks for it, how long to go on trying."""
