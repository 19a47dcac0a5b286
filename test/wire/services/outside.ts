import type { JsonObject } from "../../../core/kernel/json.ts";
import {
  AwsError,
  type Emulator,
  objects,
  ok,
  onlyKnown,
  text,
  textOr,
  Unsupported,
} from "../aws/call.ts";

export type Mail = Readonly<{
  from: string;
  to: readonly string[];
  subject: string;
  text: string;
  html: string;
}>;

/** SES v2: mails are kept for tests to read; nobody but a verified identity sends any. */
export function mailOffice(verified: () => readonly string[]): {
  emulator: Emulator;
  mails: Mail[];
} {
  const mails: Mail[] = [];
  return {
    mails,
    emulator(call) {
      if (call.operation !== "SendEmail") throw new Unsupported(`ses:${call.operation}`);
      onlyKnown(call, [
        "FromEmailAddress",
        "Destination",
        "Content",
        "ConfigurationSetName",
        "EmailTags",
        "ReplyToAddresses",
      ]);
      const from = text(call.params, "FromEmailAddress");
      const address = /<([^>]+)>/.exec(from)?.[1] ?? from;
      const isVerified = verified().some((one) => one === address || address.endsWith(`@${one}`));
      if (!isVerified) {
        throw new AwsError(400, "MessageRejected", `Email address is not verified: ${address}`);
      }
      const { Simple } = call.params["Content"] as { Simple?: JsonObject };
      if (!Simple) throw new Unsupported("a mail that is not simple");
      const { ToAddresses = [] } = call.params["Destination"] as {
        ToAddresses?: readonly string[];
      };
      const body = (Simple["Body"] ?? {}) as Readonly<Record<string, { Data?: string }>>;
      mails.push({
        from,
        to: ToAddresses,
        subject: (Simple["Subject"] as { Data: string }).Data,
        text: body["Text"]?.Data ?? "",
        html: body["Html"]?.Data ?? "",
      });
      return ok({ MessageId: `mail-${mails.length}` });
    },
  };
}

export type BusEvent = Readonly<{ bus: string; source: string; type: string; detail: JsonObject }>;

const ENTRIES_MAX = 10;
const EVENT_BYTES_MAX = 1_048_576;

/** EventBridge: what is published is kept. */
export function eventBus(): { emulator: Emulator; events: BusEvent[] } {
  const events: BusEvent[] = [];
  return {
    events,
    emulator(call) {
      if (call.operation !== "PutEvents") throw new Unsupported(`events:${call.operation}`);
      onlyKnown(call, ["Entries"]);
      const entries = objects(call.params, "Entries");
      const bytes = entries.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0);
      if (entries.length === 0 || entries.length > ENTRIES_MAX || bytes > EVENT_BYTES_MAX) {
        throw new AwsError(400, "ValidationException", `${entries.length} entries, ${bytes} bytes`);
      }
      for (const entry of entries) {
        onlyKnown(
          call,
          ["Source", "DetailType", "Detail", "EventBusName", "Time", "Resources"],
          entry,
        );
        events.push({
          bus: textOr(entry, "EventBusName") ?? "default",
          source: text(entry, "Source"),
          type: text(entry, "DetailType"),
          detail: JSON.parse(text(entry, "Detail")) as JsonObject,
        });
      }
      return ok({
        FailedEntryCount: 0,
        Entries: entries.map((_, n) => ({ EventId: `event-${n}` })),
      });
    },
  };
}
