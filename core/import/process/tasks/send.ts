import type { JsonObject } from "../../../kernel/json.ts";
import { literal, template } from "../../jsonata-text.ts";
import { DATA } from "../condition.ts";
import { fieldOf, merged, type Place, refuse, textIn } from "../place.ts";
import { textOf } from "../text.ts";

const CHANNELS = new Set(["email", "sms", "webhook"]);
/** Who started the process is a tag of the run. */
const INITIATOR = template("$run.tags.initiator");

/** Tells somebody something. A notice that cannot be sent holds up nobody. */
export function sendTask(place: Place): JsonObject {
  const channel = textIn(place, "channel") ?? "email";
  if (!CHANNELS.has(channel)) {
    const at = fieldOf(place, "channel")?.path ?? place.node.path;
    refuse(
      place,
      at,
      "NOT_SUPPORTED",
      `${literal(channel).slice(0, 80)} is none of email, sms, webhook`,
    );
  }
  const recipient = textIn(place, "recipient", "to");
  const subject = textIn(place, "subject") ?? "Workflow Notification";
  const message = textIn(place, "message", "body", "description") ?? "";
  return {
    type: "notify",
    channel,
    to: recipient === undefined ? INITIATOR : textOf(recipient, DATA),
    ...(channel === "email" && { subject: textOf(subject, DATA) }),
    body: channel === "webhook" ? { message: textOf(message, DATA) } : textOf(message, DATA),
    assign: merged(`{"notificationSent": true, "channel": ${literal(channel)}}`),
  };
}
