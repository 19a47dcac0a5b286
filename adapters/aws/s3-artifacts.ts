import { createHash } from "node:crypto";
import type * as S3 from "@aws-sdk/client-s3";
import type { Artifacts } from "../../core/ports/artifacts.ts";
import { Fault } from "../../core/ports/fault.ts";
import type { TenantData } from "../../core/ports/tenant-data.ts";
import { answered, asked } from "./aws-fault.ts";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";

type Sdk = typeof S3;

/** The bucket, and its client, which is only loaded when something large is kept or read. */
export type S3Bucket = Readonly<{
  bucket: string;
  open(): Promise<Readonly<{ sdk: Sdk; client: S3.S3Client }>>;
}>;

/** Long enough for an artifact of the greatest size. */
const REQUEST_MS_MAX = 30_000;
const BYTES_MAX = 256 * 1024 * 1024;
const ID = /^[0-9a-f]{32}$/;
const KEYS_A_PAGE = 1_000;

export function s3Bucket(bucket: string, placement: Placement = {}): S3Bucket {
  let opened: ReturnType<S3Bucket["open"]> | undefined;
  return {
    bucket,
    open() {
      opened ??= import("@aws-sdk/client-s3").then((sdk) => ({
        sdk,
        client: clientOf(sdk, placement),
      }));
      return opened;
    },
  };
}

function clientOf({ S3Client }: Sdk, placement: Placement): S3.S3Client {
  const { requestHandler, ...settings } = CLIENT_SETTINGS;
  return new S3Client({
    ...settings,
    ...placement,
    requestHandler: { ...requestHandler, requestTimeout: REQUEST_MS_MAX },
    // A bucket's name in the host needs a name server that knows it; emulators have none.
    forcePathStyle:
      placement.endpoint !== undefined || process.env["AWS_ENDPOINT_URL"] !== undefined,
  });
}

/** Artifacts as objects, named by tenant, run and content: what is put twice is the same object. */
export function s3Artifacts({ bucket, open }: S3Bucket): Artifacts {
  async function read(tenant: string, runId: string, id: string) {
    if (!ID.test(id)) return undefined;
    const { sdk, client } = await open();
    const get = new sdk.GetObjectCommand({ Bucket: bucket, Key: keyOf(tenant, runId, id) });
    const send = async () => (await client.send(get)).Body;
    return asked(`read artifact ${id} of run ${runId}`, send, ["NoSuchKey"]);
  }

  return {
    async put(tenant, runId, content) {
      check(runId, content);
      const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
      const id = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
      const { sdk, client } = await open();
      const put = new sdk.PutObjectCommand({
        Bucket: bucket,
        Key: keyOf(tenant, runId, id),
        Body: bytes,
        ContentType: "application/json",
      });
      await answered(`keep an artifact of run ${runId}`, () => client.send(put));
      return id;
    },

    async get(tenant, runId, id) {
      const body = await read(tenant, runId, id);
      return body?.transformToString("utf-8");
    },

    async bytes(tenant, runId, id) {
      const body = await read(tenant, runId, id);
      return body?.transformToByteArray();
    },

    async remove(tenant, runId, ids) {
      const { sdk, client } = await open();
      for (let from = 0; from < ids.length; from += KEYS_A_PAGE) {
        const keys = ids.slice(from, from + KEYS_A_PAGE).filter((id) => ID.test(id));
        const Objects = keys.map((id) => ({ Key: keyOf(tenant, runId, id) }));
        if (Objects.length === 0) continue;
        const remove = new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } });
        const removed = await answered(`remove artifacts of ${runId}`, () => client.send(remove));
        refuseErrors(removed.Errors, runId);
      }
    },
  };
}

/** All objects of a tenant, a page at a time. */
export function s3TenantData({ bucket, open }: S3Bucket): TenantData {
  return {
    async removeSome(tenant) {
      const { sdk, client } = await open();
      const list = new sdk.ListObjectsV2Command({
        Bucket: bucket,
        Prefix: `${tenant}/`,
        MaxKeys: KEYS_A_PAGE,
      });
      const page = await answered(`list artifacts of ${tenant}`, () => client.send(list));
      const keys = (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
      if (keys.length === 0) return { count: 0 };
      const remove = new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys } });
      const removed = await answered(`remove artifacts of ${tenant}`, () => client.send(remove));
      refuseErrors(removed.Errors, tenant);
      // What was listed is gone, so the next page begins where this one did.
      return { count: keys.length, next: "" };
    },
  };
}

function refuseErrors([error]: readonly { Code?: string | undefined }[] = [], of: string): void {
  if (!error) return;
  const message = `AWS could not remove artifacts of ${of} (${error.Code ?? "an error"}).`;
  throw new Fault(message, { retryable: true });
}

function keyOf(tenant: string, runId: string, id: string): string {
  return `${tenant}/${encodeURIComponent(runId)}/${id}`;
}

function check(runId: string, content: string | Uint8Array): void {
  if (typeof content !== "string") {
    if (content.byteLength <= BYTES_MAX) return;
    throw new Fault(`An artifact of run ${runId} is larger than 256 MB.`, { retryable: false });
  }
  const isTooLarge = content.length > BYTES_MAX / 3 && Buffer.byteLength(content) > BYTES_MAX;
  if (isTooLarge) {
    throw new Fault(`An artifact of run ${runId} is larger than 256 MB.`, { retryable: false });
  }
  if (!content.isWellFormed()) {
    throw new Fault(`An artifact of run ${runId} holds a lone surrogate.`, { retryable: false });
  }
}
