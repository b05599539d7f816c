"""What the service publishes about itself."""
