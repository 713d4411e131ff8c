"""HTTP: the application, who is asking, errors as problem+json, live events, pages. Knows no feature."""
