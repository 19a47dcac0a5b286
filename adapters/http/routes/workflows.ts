import * as z from "zod";
import {
  Imported,
  ImportRequest,
  Published,
  Validation,
  Workflow,
  WorkflowDocument,
  WorkflowList,
  WorkflowListQuery,
  WorkflowName,
  WorkflowQuery,
} from "../../../core/contract/workflows.ts";
import { ok, type Result } from "../../../core/engine/refusal.ts";
import type { PublishedView, WorkflowView } from "../../../core/engine/views.ts";
import { mermaid } from "../mermaid.ts";
import type { Checked } from "../problem.ts";
import { listed, type Reply, replyOf, route } from "../route.ts";

const byName = { name: WorkflowName };
const VersionNumber = z
  .string()
  .max(9)
  .regex(/^[1-9][0-9]*$/)
  .meta({ description: "The version, from 1.", examples: ["1"] });

const DRAWN = ["text/plain"] as const;

export const workflowRoutes = [
  route({
    method: "POST",
    path: "/v1/workflows",
    operationId: "publishWorkflow",
    tag: "Workflows",
    summary: "Publish a workflow",
    description: "A changed document makes the next version; runs stay with the one they began on.",
    needs: "operate",
    body: WorkflowDocument,
    repeats: "replays",
    location: ({ name, version }) => `/v1/workflows/${String(name)}/versions/${String(version)}`,
    answers: [
      {
        status: 201,
        description: "A new version.",
        schema: Published,
        headers: ["Location", "Idempotency-Replayed"],
      },
      { status: 200, description: "The newest version is this document.", schema: Published },
    ],
    refusals: ["INVALID_WORKFLOW"],
    async handle({ caller, body }, { engine }) {
      const published = await engine.workflows.publish(caller, body);
      if (!published.ok) return published;
      const { created, ...version } = published.value;
      return replyOf(ok(version), created ? 201 : 200);
    },
  }),
  route({
    method: "POST",
    path: "/v1/workflows/validate",
    operationId: "validateWorkflow",
    audited: false,
    tag: "Workflows",
    summary: "Check a workflow",
    description: "All faults at once, with their paths. Nothing is published.",
    needs: "read",
    body: WorkflowDocument,
    answers: [{ status: 200, description: "What was found.", schema: Validation }],
    refusals: [],
    handle: async ({ caller, body }, { engine }) =>
      replyOf(ok(await engine.workflows.validate(caller, body))),
  }),
  route({
    method: "POST",
    path: "/v1/workflows/import",
    operationId: "importWorkflow",
    tag: "Workflows",
    summary: "Import a workflow",
    description: "Translates a document of another language. What does not map is refused by path.",
    needs: "operate",
    body: ImportRequest,
    repeats: "replays",
    location: ({ published }) => {
      const { name, version } = published as PublishedView;
      return `/v1/workflows/${name}/versions/${version}`;
    },
    answers: [
      {
        status: 201,
        description: "A new version.",
        schema: Imported,
        headers: ["Location", "Idempotency-Replayed"],
      },
      {
        status: 200,
        description: "Nothing was to be published, or the newest version is this document.",
        schema: Imported,
      },
    ],
    refusals: ["NOT_IMPORTED", "INVALID_WORKFLOW"],
    async handle({ caller, body }, { engine }) {
      const imported = await engine.workflows.import(caller, body);
      if (!imported.ok) return imported;
      const { published, ...translated } = imported.value;
      if (!published) return replyOf(ok(translated));
      const { created, ...version } = published;
      return replyOf(ok({ ...translated, published: version }), created ? 201 : 200);
    },
  }),
  route({
    method: "GET",
    path: "/v1/workflows",
    operationId: "listWorkflows",
    tag: "Workflows",
    summary: "List workflows",
    description: "The newest version of each, by name.",
    needs: "read",
    query: WorkflowListQuery,
    paged: true,
    answers: [{ status: 200, description: "A page of workflows.", schema: WorkflowList }],
    refusals: [],
    handle: async ({ caller, query }, { engine }) =>
      listed(await engine.workflows.list(caller, query)),
  }),
  route({
    method: "GET",
    path: "/v1/workflows/{name}",
    operationId: "getWorkflow",
    tag: "Workflows",
    summary: "Read a workflow",
    description: "Its newest version, with the document; or the graph, drawn.",
    needs: "read",
    params: byName,
    query: WorkflowQuery,
    answers: [{ status: 200, description: "The version.", schema: Workflow, texts: DRAWN }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, query }, { engine }) =>
      shown(await engine.workflows.get(caller, params.name), query.format),
  }),
  route({
    method: "GET",
    path: "/v1/workflows/{name}/versions",
    operationId: "listWorkflowVersions",
    tag: "Workflows",
    summary: "List the versions of a workflow",
    description: "Newest first. Versions never change.",
    needs: "read",
    params: byName,
    query: WorkflowListQuery,
    paged: true,
    answers: [{ status: 200, description: "A page of versions.", schema: WorkflowList }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, query }, { engine }) =>
      replyOf(await engine.workflows.versions(caller, params.name, query)),
  }),
  route({
    method: "GET",
    path: "/v1/workflows/{name}/versions/{v}",
    operationId: "getWorkflowVersion",
    tag: "Workflows",
    summary: "Read a version of a workflow",
    description: "One version, with the document; or the graph, drawn.",
    needs: "read",
    params: { ...byName, v: VersionNumber },
    query: WorkflowQuery,
    answers: [{ status: 200, description: "The version.", schema: Workflow, texts: DRAWN }],
    refusals: ["NOT_FOUND"],
    handle: async ({ caller, params, query }, { engine }) =>
      shown(await engine.workflows.get(caller, params.name, Number(params.v)), query.format),
  }),
  route({
    method: "DELETE",
    path: "/v1/workflows/{name}/versions/{v}",
    operationId: "deleteWorkflowVersion",
    tag: "Workflows",
    summary: "Delete a version of a workflow",
    description:
      "Unless a live run, a schedule, a hook or another workflow uses it. Runs that have ended keep " +
      "it. Its number is never given again.",
    needs: "operate",
    params: { ...byName, v: VersionNumber },
    answers: [{ status: 204, description: "It is gone." }],
    refusals: ["NOT_FOUND", "WORKFLOW_NOT_FOUND", "WORKFLOW_IN_USE"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.workflows.remove(caller, params.name, Number(params.v)), 204),
  }),
  route({
    method: "DELETE",
    path: "/v1/workflows/{name}",
    operationId: "deleteWorkflow",
    tag: "Workflows",
    summary: "Delete a workflow",
    description: "All its versions, unless one of them is in use.",
    needs: "operate",
    params: byName,
    answers: [{ status: 204, description: "It is gone." }],
    refusals: ["NOT_FOUND", "WORKFLOW_NOT_FOUND", "WORKFLOW_IN_USE"],
    handle: async ({ caller, params }, { engine }) =>
      replyOf(await engine.workflows.remove(caller, params.name), 204),
  }),
];

function shown(result: Result<WorkflowView>, format: "json" | "mermaid"): Checked<Reply> {
  if (format === "json" || !result.ok) return replyOf(result);
  return {
    ok: true,
    value: {
      status: 200,
      text: mermaid(result.value.document),
      headers: { "content-type": "text/plain; charset=utf-8" },
    },
  };
}
