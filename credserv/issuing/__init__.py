"""The issuing recipe: from an order to a signed, stored credential.

`recipe` runs the four steps. `document` builds the unsigned credential, `making` and `template` sign it, and
`copying` signs further copies of it in other formats.
"""
