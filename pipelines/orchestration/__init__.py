"""Definitions for orchestrators that run the program as a process of its own; no other room imports this one."""
