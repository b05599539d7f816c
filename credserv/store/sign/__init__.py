"""What was signed: the signature log, versions of living credentials, histories of DIDs."""
