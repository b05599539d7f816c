"""What a release is made of, and how whoever takes it checks that it is that."""
