"""Many nodes on one PostgreSQL, harmed while all talk."""
