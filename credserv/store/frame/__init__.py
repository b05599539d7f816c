"""What every repository stands on: connections and transactions, the audit trail, pages, secrets at rest."""
