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

export const Jwks = z
  .strictObject({
    keys: z
      .array(
        z.strictObject({
          kty: z.literal("OKP"),
          crv: z.literal("Ed25519"),
          x: z.string().max(64).meta({ description: "The key, in base64url." }),
          kid: z.string().max(64).meta({ description: "Its thumbprint by RFC 7638." }),
          alg: z.literal("EdDSA"),
          use: z.literal("sig"),
        }),
      )
      .max(16),
  })
  .meta({
    id: "Jwks",
    description: "A JSON Web Key Set (RFC 7517).",
    examples: [
      {
        keys: [
          {
            kty: "OKP",
            crv: "Ed25519",
            x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            alg: "EdDSA",
            use: "sig",
          },
        ],
      },
    ],
  });

/** The OpenAPI document itself, which describes everything else. */
export const OpenApi = z
  .looseObject({ openapi: z.string().max(16) })
  .meta({ id: "OpenApi", description: "OpenAPI 3.1.", examples: [{ openapi: "3.1.0" }] });
