import type { Owed } from "../../ports/senders.ts";
import { isSocket } from "../../store/connections.ts";
import { deliveryKeyOf } from "../../store/deliveries.ts";
import { isUnderWay, lineOf } from "../../store/lines.ts";
import type { DueHandlers } from "../fire-due.ts";
import { oweCallback } from "./callback.ts";
import type { FanOutDeps } from "./deps.ts";
import type { Live } from "./live.ts";
import { goOnRecovering } from "./recover.ts";
import { sendDelivery } from "./send-delivery.ts";
import { sendLine } from "./send-line.ts";

/** What a sender does with what it was told of; `until`, on `elapsed`, it begins nothing more. */
export function carryOut(
  deps: FanOutDeps,
  owed: Owed,
  until: number,
  live?: Pick<Live, "push">,
): Promise<void> {
  switch (owed.type) {
    case "line": {
      if (!isSocket(owed.subscriber)) return sendLine(deps, owed, until);
      if (!live) throw new Error("this process reaches no connections, and was told to push");
      return live.push(owed, until);
    }
    case "delivery":
      return sendDelivery(deps, owed);
    case "recovery":
      return goOnRecovering(deps, owed, until);
  }
}

/** Rows that are due tell senders: what was lost of their hints is found again here. */
export function sendersDue(deps: FanOutDeps): DueHandlers {
  const { senders } = deps;
  return {
    callback: { fire: (row) => oweCallback(deps, row), isOwed: () => true },
    line: { fire: (row) => senders.owed({ type: "line", ...lineOf(row) }), isOwed: isUnderWay },
    delivery: {
      fire: (row) => senders.owed({ type: "delivery", ...deliveryKeyOf(row) }),
      isOwed: (row) => row["claimed"] === true,
    },
    recovery: {
      fire: (row) =>
        senders.owed({
          type: "recovery",
          tenant: String(row["tenant"]),
          webhook: String(row["webhook"]),
        }),
      isOwed: () => true,
    },
  };
}
