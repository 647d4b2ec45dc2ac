"""How people decide: schema, rounds, agreement, audit, adjudication."""
