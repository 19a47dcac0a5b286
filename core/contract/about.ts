import * as z from "zod";

export const Health = z
  .strictObject({ status: z.literal("ok") })
  .meta({ id: "Health", description: "The service can answer.", examples: [{ status: "ok" }] });

export const Version = z
  .strictObject({
    name: z.literal("holdfast"),
    version: z.string().max(64).meta({ description: "The release that answers." }),
    api: z.literal("v1"),
  })
  .meta({
    id: "Version",
    description: "What answers here.",
    examples: [{ name: "holdfast", version: "0.1.0", api: "v1" }],
  });

/** The OpenAPI document itself, which describes everything else. */
export const OpenApi = z
  .looseObject({ openapi: z.string().max(16) })
  .meta({ id: "OpenApi", description: "OpenAPI 3.1.", examples: [{ openapi: "3.1.0" }] });
