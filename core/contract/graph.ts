import * as z from "zod";
import { count, idOf, line } from "./fields.ts";
import { RUN_STATUSES } from "./runs.ts";
import { STEP_STATUSES } from "./steps.ts";
import { Hash, WorkflowName } from "./workflows.ts";

const EXAMPLE = {
  runId: "run_01hzy",
  status: "waiting",
  workflow: "refund",
  version: 1,
  hash: "9f86d081884c7d65",
  seq: 9,
  isWhole: true,
  nodes: [
    {
      id: "check",
      node: "check",
      type: "approval",
      status: "waiting",
      visits: 1,
      attempts: 1,
      counts: { waiting: 1 },
      tokens: 1,
    },
  ],
  edges: [{ from: "plan", to: "check", index: 0, on: "success", taken: 1 }],
} as const;

const nodeId = (what: string) => z.string().max(512).meta({ description: what });

const RunGraphNode = z
  .strictObject({
    id: nodeId("Its name among all graphs: a node in the body of a map is `map/node`."),
    node: line(256, "Its name in its own graph."),
    type: z.string().max(64).meta({ description: "Empty where the definition has it no more." }),
    title: z.string().max(65_536).optional(),
    map: nodeId("The map whose body it is in.").optional(),
    status: z.enum([...STEP_STATUSES, "idle"]).meta({
      description: "What is open goes before what is over; `idle` where nothing was yet.",
    }),
    visits: count("How often it was visited."),
    attempts: count("Starts of all visits, recoveries included."),
    counts: z
      .record(z.string().max(32), count("Visits."))
      .meta({ description: "Visits by what they came to." }),
    tokens: count("How many tokens stand there now."),
    children: z.array(z.string().max(128)).max(100).optional(),
    gone: z.literal(true).optional(),
  })
  .meta({
    id: "RunGraphNode",
    description: "A node, and what became of it.",
    examples: [...EXAMPLE.nodes],
  });

const RunGraphEdge = z
  .strictObject({
    from: nodeId("Where it begins."),
    to: nodeId("Where it leads."),
    index: count("Its number among the edges of its graph, from 0."),
    on: line(256, "The port that it serves."),
    label: z.string().max(65_536).optional(),
    taken: count("How often a token went by it."),
  })
  .meta({
    id: "RunGraphEdge",
    description: "An edge, and how often it was taken.",
    examples: [...EXAMPLE.edges],
  });

export const RunGraph = z
  .strictObject({
    runId: idOf("The run.", EXAMPLE.runId),
    status: z.enum(RUN_STATUSES),
    workflow: WorkflowName,
    version: count("From 1."),
    hash: Hash,
    seq: count("The newest event that is counted."),
    isWhole: z.boolean().meta({
      description: "False where the log is so long that only its beginning is counted.",
    }),
    nodes: z.array(RunGraphNode).max(10_000),
    edges: z.array(RunGraphEdge).max(100_000),
  })
  .meta({ id: "RunGraph", description: "Where a run is in its graph.", examples: [EXAMPLE] });
