import { Fault } from "./fault.ts";
import type { Condition, Item, Key, Operation, Scalar } from "./table.ts";

/** What DynamoDB can hold, every table holds: a laptop finds what a deployment would refuse. */
export const TABLE_LIMITS = {
  operationsMax: 100,
  /** Names and values of one row, in UTF-8. */
  itemBytesMax: 400 * 1024,
  /** All rows that one write puts, when it is more than one. */
  writeBytesMax: 4 * 1024 * 1024,
  pkBytesMax: 2048,
  /** A byte less than DynamoDB's, so that the text just after a sort key is one too. */
  skBytesMax: 1023,
  pageItemsMax: 1000,
  pageItemsDefault: 100,
} as const;

/** Throws what no table may accept. Adapters call it before they queue or send anything. */
export function checkOperations(operations: readonly Operation[]): void {
  if (operations.length > TABLE_LIMITS.operationsMax) {
    throw refuse(`${operations.length} operations in one write, at most 100 are possible`);
  }
  let bytes = 0;
  for (const operation of operations) bytes += checkOperation(operation);
  if (operations.length > 1) {
    if (bytes > TABLE_LIMITS.writeBytesMax) throw refuse("one write holds more than 4 MB");
    checkDistinct(operations);
  }
}

/** Whether a row could have this key. Where none could, there is none: no reason to fail. */
export function isKey({ pk, sk }: Key): boolean {
  return isKeyText(pk, TABLE_LIMITS.pkBytesMax) && isKeyText(sk, TABLE_LIMITS.skBytesMax);
}

/** Whether the condition holds for the row as it is stored. */
export function holds(condition: Condition | undefined, stored: Item | undefined): boolean {
  switch (condition?.type) {
    case undefined:
      return true;
    case "absent":
      return stored === undefined;
    case "present":
      return stored !== undefined;
    case "is":
      if (stored === undefined) return false;
      for (const name in condition.attributes) {
        if (stored[name] !== condition.attributes[name]) return false;
      }
      return true;
  }
}

/** The count after an `add`, or undefined when the sum is out of bounds. */
export function sum(operation: Extract<Operation, { type: "add" }>, stored: Item | undefined) {
  const { by, key } = operation;
  const count = stored?.["count"] ?? 0;
  if (typeof count !== "number") throw refuse(`the count of ${named(key)} is not a number`);
  const after = count + by;
  const { max = Number.MAX_SAFE_INTEGER, min = Number.MIN_SAFE_INTEGER } = operation;
  return after > max || after < min ? undefined : after;
}

/** The row that an `add` makes of the one that was there. */
export function added(operation: Extract<Operation, { type: "add" }>, stored: Item | undefined) {
  const { key, expiresAt } = operation;
  const { pk, sk } = key;
  const count = sum(operation, stored) ?? 0;
  const expiry = expiresAt === undefined ? {} : { expiresAt, ttl: Math.ceil(expiresAt / 1_000) };
  return { ...stored, pk, sk, count, ...expiry };
}

export function keyOf(operation: Operation): Key {
  return operation.type === "put" ? operation.item : operation.key;
}

function named({ pk, sk }: Key): string {
  return `row ${pk} / ${sk}`;
}

/** An upper bound of what it adds to a write, in bytes. */
function checkOperation(operation: Operation): number {
  // The key is not repeated: it may be as long as a document.
  if (!isKey(keyOf(operation))) {
    throw refuse("a key is not well-formed text of 1 to 2048 bytes (pk) and 1 to 1023 bytes (sk)");
  }
  switch (operation.type) {
    case "put":
      checkCondition(operation.when, operation.item);
      return checkItem(operation.item);
    case "remove":
    case "check":
      checkCondition(operation.when, operation.key);
      return 0;
    case "add":
      for (const number of [operation.by, operation.max, operation.min, operation.expiresAt]) {
        if (number !== undefined && !Number.isSafeInteger(number)) {
          throw refuse(`${named(operation.key)} counts in whole numbers only`);
        }
      }
      return 0;
  }
}

function checkItem(item: Item): number {
  let units = 0;
  for (const name in item) {
    const value = item[name];
    if (value === undefined) continue;
    checkAttribute(name, value, item);
    units += name.length + (typeof value === "string" ? value.length : 24);
  }
  checkIndexKey(item, item.dueShard, "dueShard", TABLE_LIMITS.pkBytesMax);
  checkIndexKey(item, item.dueAt, "dueAt", TABLE_LIMITS.skBytesMax);
  checkIndexKey(item, item.listPk, "listPk", TABLE_LIMITS.pkBytesMax);
  checkIndexKey(item, item.listSk, "listSk", TABLE_LIMITS.skBytesMax);
  if (item.content !== undefined && typeof item.content !== "string") {
    throw refuse(`content of ${named(item)} is not text`);
  }
  // A UTF-16 unit is three bytes of UTF-8 at most, so most rows need no exact count.
  if (units * 3 <= TABLE_LIMITS.itemBytesMax) return units * 3;
  const bytes = itemBytes(item);
  if (bytes > TABLE_LIMITS.itemBytesMax) {
    throw refuse(`${named(item)} has ${bytes} bytes, a row holds at most 400 KB (409600 bytes)`);
  }
  return bytes;
}

function itemBytes(item: Item): number {
  let bytes = 0;
  for (const name in item) {
    const value = item[name];
    if (value === undefined) continue;
    bytes += utf8Bytes(name);
    if (typeof value === "string") bytes += utf8Bytes(value);
    else bytes += typeof value === "boolean" ? 1 : 21;
  }
  return bytes;
}

function checkCondition(condition: Condition | undefined, key: Key): void {
  if (condition?.type !== "is") return;
  for (const name in condition.attributes) checkAttribute(name, condition.attributes[name], key);
}

function checkAttribute(name: string, value: Scalar | undefined, key: Key): void {
  // `__proto__` is lost by JavaScript libraries that build objects by assignment.
  if (name === "" || name === "__proto__" || !name.isWellFormed()) {
    throw refuse(`${named(key)} has an attribute with an unusable name`);
  }
  if (typeof value === "string") {
    // No database keeps half a surrogate pair. JSON text never has one: it is escaped there.
    if (!value.isWellFormed()) throw refuse(`${name} of ${named(key)} holds a lone surrogate`);
  } else if (typeof value === "number") {
    if (!isStorable(value)) throw refuse(`${name} of ${named(key)} is a number no table keeps`);
  } else if (typeof value !== "boolean") {
    throw refuse(`${name} of ${named(key)} is not text, a number or a boolean`);
  }
}

function isStorable(value: number): boolean {
  const size = Math.abs(value);
  return size <= Number.MAX_SAFE_INTEGER && (size === 0 || size >= 1e-130);
}

function checkIndexKey(item: Item, value: string | undefined, name: string, bytesMax: number) {
  if (value === undefined) return;
  if (!isKeyText(value, bytesMax)) throw refuse(`${name} of ${named(item)} cannot be a key`);
}

export function isKeyText(value: string, bytesMax: number): boolean {
  if (typeof value !== "string" || value.length === 0 || !value.isWellFormed()) return false;
  return value.length * 3 <= bytesMax || utf8Bytes(value) <= bytesMax;
}

function checkDistinct(operations: readonly Operation[]): void {
  const seen = new Set<string>();
  for (const operation of operations) {
    const { pk, sk } = keyOf(operation);
    // The length keeps ("a", "bc") and ("ab", "c") apart.
    const name = `${pk.length} ${pk}${sk}`;
    if (seen.has(name)) throw refuse(`one write names ${named(keyOf(operation))} twice`);
    seen.add(name);
  }
}

function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // Both halves of a surrogate pair count two: four bytes for the pair.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}

function refuse(reason: string): Fault {
  return new Fault(`The table cannot do this: ${reason}.`, { retryable: false });
}
