import { type FauxqsServer, startFauxqs } from "fauxqs";
import { sqsClient } from "../../adapters/aws/sqs-client.ts";

export type Emulated = Readonly<{
  server: FauxqsServer;
  placement: Readonly<{
    endpoint: string;
    region: string;
    credentials: Readonly<{ accessKeyId: string; secretAccessKey: string }>;
  }>;
  sqs: ReturnType<typeof sqsClient>;
  /** Makes a queue; a name that ends in `.fifo` makes a FIFO queue. */
  queue(name: string, attributes?: Record<string, string>): string;
  /** The bodies of messages that are there, hidden or not, in order. */
  bodies(name: string): readonly unknown[];
  close(): Promise<void>;
}>;

/** SQS and S3 in this process, on a port that is free. */
export async function emulated(): Promise<Emulated> {
  const region = "eu-central-1";
  const server = await startFauxqs({
    port: 0,
    logger: false,
    host: "localhost",
    defaultRegion: region,
  });
  const placement = {
    endpoint: `http://localhost:${server.port}`,
    region,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  };
  const sqs = sqsClient(placement);
  return {
    server,
    placement,
    sqs,
    queue(name, attributes = {}) {
      const fifo: Record<string, string> = name.endsWith(".fifo") ? { FifoQueue: "true" } : {};
      return server.createQueue(name, { region, attributes: { ...fifo, ...attributes } }).queueUrl;
    },
    bodies(name) {
      const { ready = [], delayed = [], inflight = [] } = server.inspectQueue(name)?.messages ?? {};
      const all = [...ready, ...delayed, ...inflight.map(({ message }) => message)];
      return all.map(({ body }) => JSON.parse(body) as unknown);
    },
    async close() {
      sqs.destroy();
      await server.stop();
    },
  };
}
