import * as z from "zod";
import { idOf, listOf } from "./fields.ts";

export const SecretRequest = z
  .strictObject({
    value: z
      .string()
      .min(1)
      .max(65_536)
      .meta({ description: "Never stored in runs, logged or shown again." }),
  })
  .meta({
    id: "SecretRequest",
    description: "A secret to keep.",
    examples: [{ value: "what only the called side may know" }],
  });

const EXAMPLE = { name: "billing-api" };

export const SecretName = z.strictObject({ name: idOf("Its name.", EXAMPLE.name) }).meta({
  id: "SecretName",
  description: 'A secret\'s name, used as `{"$secret": "name"}` in a tool\'s configuration.',
  examples: [EXAMPLE],
});

export const SecretNameList = listOf("SecretNameList", SecretName, EXAMPLE);
