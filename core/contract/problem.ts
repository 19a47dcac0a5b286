import * as z from "zod";
import { prose } from "./fields.ts";

export const ProblemEntry = z
  .strictObject({
    path: z.string().max(4096).meta({
      description: 'Where in the document or body, like `nodes[2].with.amount`; "" is the whole.',
    }),
    code: z
      .string()
      .max(64)
      .regex(/^[A-Z][A-Z0-9_]*$/)
      .meta({ description: "What kind of fault." }),
    message: prose(4096, "One sentence for people."),
  })
  .meta({
    id: "ProblemEntry",
    description: "One fault of a document or a body.",
    examples: [{ path: "tags.team", code: "INVALID_TYPE", message: "expected a string" }],
  });
export type ProblemEntry = z.infer<typeof ProblemEntry>;

/** RFC 9457. Loose on purpose: some codes add members, like who decided a task. */
export const ProblemDocument = z
  .looseObject({
    type: z.string().max(2048).meta({
      description: "A URL, relative to this deployment, of the page that explains the code.",
    }),
    title: z.string().max(256).meta({ description: "The same for every answer with this code." }),
    status: z.int().min(400).max(599).meta({ description: "The HTTP status.", format: "int32" }),
    detail: prose(65_536, "What went wrong this time, for people."),
    instance: z.string().max(4096).meta({ description: "The path that was asked." }),
    code: z
      .string()
      .max(64)
      .regex(/^[A-Z][A-Z0-9_]*$/)
      .meta({ description: "Stable; what programs branch on. See `/docs/errors`." }),
    errors: z
      .array(ProblemEntry)
      .max(1000)
      .meta({ description: "Every fault that was found; empty where there is nothing to list." }),
    requestId: z.string().max(128).meta({ description: "Also in `X-Request-Id` and in the log." }),
    retryable: z.boolean().meta({ description: "Whether the same request can succeed later." }),
  })
  .meta({
    id: "Problem",
    description: "Every answer that is not the wanted one (RFC 9457).",
    examples: [
      {
        type: "/docs/errors#not_found",
        title: "There is no such thing",
        status: 404,
        detail: "There is no run run_01hzy.",
        instance: "/v1/runs/run_01hzy",
        code: "NOT_FOUND",
        errors: [],
        requestId: "req_01hzy",
        retryable: false,
      },
    ],
  });
export type ProblemDocument = z.infer<typeof ProblemDocument>;
