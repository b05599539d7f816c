"""SCIM 2.0 (RFC 7643, 7644): an organisation's directory tells of people and groups."""
