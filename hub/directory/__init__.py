"""Who exists: companies, sites, users, sessions, agents, credentials, API tokens, audit. No machine data."""
