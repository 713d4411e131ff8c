"""Items, routings, nests, orders and their operations, operators: what is to be made, as people wrote it down."""
