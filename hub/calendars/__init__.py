"""When work is planned: shifts, breaks, unattended hours, public holidays, company closing days, exceptions."""
