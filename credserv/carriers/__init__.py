"""Files and pages that carry a credential, besides baked badges: PDF, QR code, web page."""
