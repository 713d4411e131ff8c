"""Machines that behave like machines, and recordings played back.

Everything here stands before the first station of the journey: it is what the agents read. It knows the
true answer and shares no code with the rest of the project, because a simulator that shared its code would
share its bugs. The commands it drives (`tsunagu-hub`, `tsunagu-agent`) are the installed ones, as processes.
"""
