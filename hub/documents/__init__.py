"""Documents on paper: a template and plain data become a PDF, without any program or font of the computer."""
