"""Asks who it is, and which buckets there are, with boto3's default credentials: `identity`, `both`, or
`serve`, which asks again at each line of standard input and keeps its session. `--profile NAME` names a profile."""

import sys

import boto3


def main():
    mode, *rest = sys.argv[1:]
    session = boto3.Session(profile_name=rest[1]) if rest[:1] == ["--profile"] else boto3.Session()
    sts, s3 = session.client("sts"), session.client("s3")

    def both():
        print(sts.get_caller_identity()["Arn"])
        print(*[bucket["Name"] for bucket in s3.list_buckets()["Buckets"]], flush=True)

    if mode == "identity":
        print(sts.get_caller_identity()["Arn"])
    elif mode == "both":
        both()
    elif mode == "serve":
        for _ in sys.stdin:
            both()


main()
