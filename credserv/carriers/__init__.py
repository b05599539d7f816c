"""Files and pages that carry a credential besides what Open Badges bakes: PDF, QR code, web page."""
