"""TLS of the hub: a small certificate authority of its own, or certificate files that it is given."""
