// Asks who it is, and which buckets there are, with the SDK's default credentials: identity, both, or
// serve, which asks again at each line of standard input and keeps its clients. --profile NAME names a profile.
import { createInterface } from "node:readline";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

const [mode, flag, profile] = process.argv.slice(2);
const options = flag === "--profile" ? { profile } : {};
const sts = new STSClient(options);
const s3 = new S3Client(options);

async function identity() {
  console.log((await sts.send(new GetCallerIdentityCommand({}))).Arn);
}

async function both() {
  await identity();
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  console.log(Buckets.map((bucket) => bucket.Name).join(" "));
}

async function serve() {
  for await (const _ of createInterface({ input: process.stdin })) await both();
}

try {
  await { identity, both, serve }[mode]();
} catch (error) {
  console.error(String(error));
  process.exit(1);
}
