"""DAP: the debug port and the access ports behind it: power-up, sticky errors, what is closed."""
