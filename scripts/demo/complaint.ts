export const APPROVER = "fay@acme.example";

/** The case of the demo: what starts its run, and the key that makes a second start the same. */
export const START = {
  workflow: "refund-agent",
  input: {
    order: "A-1717",
    complaint: "A week late, no cable in the box, and the left side is silent!",
    approver: APPROVER,
  },
} as const;
export const START_KEY = { "idempotency-key": "complaint-1717" };

export function money(amount: number): string {
  return `${amount.toFixed(2).padStart(6)} EUR`;
}
