import type { Condition, Operation, Scalar } from "../../core/ports/table.ts";
import { keyOf } from "../../core/ports/table-rules.ts";

type Expression = Readonly<{
  ConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, Scalar>;
}>;

type Add = Extract<Operation, { type: "add" }>;

/** What an operation is for DynamoDB, in the form that single and transacted requests share. */
export function requestOf(operation: Operation, table: string) {
  const ask = { TableName: table, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;
  switch (operation.type) {
    case "put":
      return {
        type: "put",
        input: { ...ask, Item: { ...operation.item }, ...conditionOf(operation.when) },
      } as const;
    case "remove":
      return {
        type: "remove",
        input: { ...ask, Key: plainKey(operation), ...conditionOf(operation.when) },
      } as const;
    case "check": {
      const { ConditionExpression = "", ...names } = conditionOf(operation.when);
      return {
        type: "check",
        input: { ...ask, Key: plainKey(operation), ConditionExpression, ...names },
      } as const;
    }
    case "add":
      return {
        type: "add",
        input: { ...ask, Key: plainKey(operation), ...additionOf(operation) },
      } as const;
  }
}

/** The key alone: whoever passes a whole row for a key means its key. */
export function plainKey(operation: Operation): { pk: string; sk: string } {
  const { pk, sk } = keyOf(operation);
  return { pk, sk };
}

function conditionOf(condition: Condition | undefined): Expression {
  switch (condition?.type) {
    case undefined:
      return {};
    case "absent":
      return { ConditionExpression: "attribute_not_exists(pk)" };
    case "present":
      return { ConditionExpression: "attribute_exists(pk)" };
    case "is": {
      const attributes = Object.entries(condition.attributes);
      const equal = attributes.map((_, n) => `#a${n} = :a${n}`);
      const ConditionExpression = ["attribute_exists(pk)", ...equal].join(" AND ");
      if (attributes.length === 0) return { ConditionExpression };
      return {
        ConditionExpression,
        ExpressionAttributeNames: named(attributes.map(([name], n) => [`#a${n}`, name])),
        ExpressionAttributeValues: named(attributes.map(([, value], n) => [`:a${n}`, value])),
      };
    }
  }
}

/**
 * The sum is within bounds exactly when the count before it is within bounds shifted by `by`. A
 * row without a count counts as 0, so its absence passes only when 0 would.
 */
function additionOf({ by, max, min, expiresAt }: Add) {
  const most = Number.MAX_SAFE_INTEGER;
  const high = Math.min(most, (max ?? most) - by);
  const low = Math.max(-most, (min ?? -most) - by);
  const within = "(#count >= :low AND #count <= :high)";
  const beginsWithin = low <= 0 && 0 <= high;
  return {
    UpdateExpression: expiresAt === undefined ? "ADD #count :by" : EXPIRING_ADD,
    ConditionExpression: beginsWithin ? `attribute_not_exists(#count) OR ${within}` : within,
    ExpressionAttributeNames: {
      "#count": "count",
      ...(expiresAt !== undefined && { "#expires": "expiresAt", "#ttl": "ttl" }),
    },
    ExpressionAttributeValues: {
      ":by": by,
      ":low": clamped(low),
      ":high": clamped(high),
      ...(expiresAt !== undefined && {
        ":expires": expiresAt,
        ":ttl": Math.ceil(expiresAt / 1_000),
      }),
    },
  };
}

const EXPIRING_ADD = "SET #expires = :expires, #ttl = :ttl ADD #count :by";

/** Bounds that no count can meet may lie outside of what the SDK takes for a number. */
function clamped(bound: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, bound));
}

function named<Value>(entries: readonly (readonly [string, Value])[]): Record<string, Value> {
  return Object.fromEntries(entries);
}
