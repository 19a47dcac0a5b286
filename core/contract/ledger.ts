import * as z from "zod";
import { count, digits, line, Timestamp } from "./fields.ts";

const HeadSignature = z
  .strictObject({
    keyId: line(128, "The `kid` of the key in `/.well-known/jwks.json`."),
    valid: z.boolean().meta({ description: "One of our keys signed this head of this chain." }),
    at: Timestamp,
    count: count("Events that it covers: a failed run that went on has more."),
    text: z.string().max(4096).meta({ description: "What was signed, byte for byte." }),
    value: line(128, "The Ed25519 signature in base64url."),
  })
  .meta({
    id: "HeadSignature",
    description: "A run's end, signed, for whoever checks it with the public key alone.",
    examples: [
      {
        keyId: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        valid: true,
        at: "2026-11-21T09:30:00.000Z",
        count: 14,
        text: 'holdfast run head\n{"at":1795253400000,"count":14,"head":"9f86","run":"run_1","tenant":"default","v":1}',
        value: "TMJ9",
      },
    ],
  });

export const VerifyQuery = z.strictObject({
  after: digits(count("A `seq`."))
    .optional()
    .meta({ description: "`nextCursor` of the part before; 0, the default, is the first." }),
});

export const Verification = z
  .strictObject({
    ok: z.boolean(),
    count: count("The number of the last event that was checked."),
    head: z.string().max(128).meta({ description: "The hash of the newest commit." }),
    signature: HeadSignature.nullable().meta({
      description: "The newest signature of a head; null before the run has ended.",
    }),
    anchored: z.boolean().meta({ description: "Whether the head is kept outside, too." }),
    errors: z
      .array(
        z.strictObject({ seq: count("Of the event."), type: line(64, "What is wrong there.") }),
      )
      .max(10_000),
    nextCursor: z
      .string()
      .max(32)
      .nullable()
      .meta({ description: "`after` of the next part; null when all of it was checked." }),
  })
  .meta({
    id: "Verification",
    description: "The chain, computed again from what is stored.",
    examples: [
      {
        ok: true,
        count: 14,
        head: "9f86d081884c7d65",
        signature: null,
        anchored: false,
        errors: [],
        nextCursor: null,
      },
    ],
  });
