"""did:webvh 1.0: a DID on the web whose log shows every document that it had, and who changed it."""
