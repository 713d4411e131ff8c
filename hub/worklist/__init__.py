"""What the terminals of a site are given: open work, people, plans and reasons of one company's one site."""
