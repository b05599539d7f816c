"""SCIM 2.0 (RFC 7643, 7644): people and groups from an organisation's directory."""
