"""A plant: machines that live on whatever happens to their wires, in a process that tells the truth when asked."""
