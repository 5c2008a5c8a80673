"""What the cells stand on: namespaces, a false STS in front of the emulator, a resolver, daemons, boto3."""
