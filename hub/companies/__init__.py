"""Managing a company: its sites, agents, enrolment, users, API tokens; what its agents have delivered."""
