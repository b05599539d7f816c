"""Who may come in: sessions, links, passkeys, accounts, API keys and directories."""
