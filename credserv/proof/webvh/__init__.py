"""did:webvh 1.0: a web DID whose log shows each version of its document and who changed it."""
