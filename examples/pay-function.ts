import { appendFileSync } from "node:fs";

type Event = {
  tool: string;
  input: { order: string; amount: number };
  idempotencyKey: string;
  attempt: number;
};
type Context = { clientContext: { custom: { idempotencyKey: string } } };

/** A function as it would be in the account. The key is what makes a repeat harmless. */
export async function handler({ input, idempotencyKey }: Event, context: Context) {
  if (!(input.amount > 0)) throw Object.assign(new Error("nothing to pay"), { name: "BAD_AMOUNT" });
  const file = process.env["PAYMENTS_FILE"];
  const { custom } = context.clientContext;
  if (file) appendFileSync(file, `${input.order} ${custom.idempotencyKey}\n`);
  return { order: input.order, paid: input.amount, key: idempotencyKey };
}
