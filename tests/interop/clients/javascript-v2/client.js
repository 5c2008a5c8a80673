// Asks who it is, and which buckets there are, with the SDK's default credentials: identity, both, or
// serve, which asks again at each line of standard input and keeps its clients. --profile NAME names a profile.
"use strict";

const { createInterface } = require("node:readline");
const AWS = require("aws-sdk");

const [mode, flag, profile] = process.argv.slice(2);
// The SDK knows nothing of endpoint_url, nor of AWS_ENDPOINT_URL.
const options = { endpoint: process.env.INTEROP_ENDPOINT, s3ForcePathStyle: true };
// Of the ways to name a profile in code, the one that looks at its credential_process.
if (flag === "--profile") options.credentials = new AWS.ProcessCredentials({ profile });
const sts = new AWS.STS(options);
const s3 = new AWS.S3(options);

async function identity() {
  console.log((await sts.getCallerIdentity().promise()).Arn);
}

async function both() {
  await identity();
  const { Buckets } = await s3.listBuckets().promise();
  console.log(Buckets.map((bucket) => bucket.Name).join(" "));
}

async function serve() {
  for await (const _ of createInterface({ input: process.stdin })) await both();
}

({ identity, both, serve })[mode]().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
