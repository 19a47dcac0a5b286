import { afterAll, beforeAll, expect, test } from "vitest";
import { s3Artifacts, s3Bucket, s3TenantData } from "../../adapters/aws/s3-artifacts.ts";
import { artifactsContract } from "../contracts/artifacts.contract.ts";
import { type Emulated, emulated } from "../support/fauxqs.ts";

artifactsContract("the bucket", async () => {
  const aws = await emulated();
  aws.server.createBucket("artifacts");
  return { artifacts: s3Artifacts(s3Bucket("artifacts", aws.placement)), close: aws.close };
});

let aws: Emulated;
beforeAll(async () => {
  aws = await emulated();
});
afterAll(() => aws.close());

test("what a tenant has in the bucket goes page by page, and nobody else's", async () => {
  aws.server.createBucket("shared");
  const bucket = s3Bucket("shared", aws.placement);
  const artifacts = s3Artifacts(bucket);
  const theirs = await artifacts.put("ten_10", "run_1", "theirs");
  const ids = await Promise.all(
    ["a", "b", "c"].map((content) => artifacts.put("ten_1", "order 17/ä", content)),
  );
  const data = s3TenantData(bucket);

  const first = await data.removeSome("ten_1");
  expect(first).toEqual({ count: 3, next: "" });
  expect(await data.removeSome("ten_1", first.next)).toEqual({ count: 0 });

  expect(await artifacts.get("ten_1", "order 17/ä", ids[0] ?? "")).toBeUndefined();
  expect(await artifacts.get("ten_10", "run_1", theirs)).toBe("theirs");
});

test("a bucket that is not there is a fault that names no content", async () => {
  const artifacts = s3Artifacts(s3Bucket("nowhere", aws.placement));

  await expect(artifacts.put("ten_1", "run_1", "secret")).rejects.toMatchObject({
    name: "Fault",
    retryable: false,
    message: "AWS could not keep an artifact of run run_1 (NoSuchBucket).",
  });
});
