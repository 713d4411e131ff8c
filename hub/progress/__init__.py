"""How far the work is: what people report and what machines made, joined at the operation of an order."""
