"""Several nodes on one PostgreSQL, harmed while all talk, and judged by what clients kept."""
