import * as z from "zod";
import { count, idOf, line, listOf, paging, Timestamp } from "./fields.ts";

const EXAMPLE = {
  id: "0f343b0931126a20f133d67c2b018a3b",
  runId: "run_01hzy",
  contentType: "application/json",
  bytes: 2_097_154,
  createdAt: "2026-11-21T09:30:00.000Z",
} as const;

export const Artifact = z
  .strictObject({
    id: idOf("Half of the SHA-256 of the content, as hex.", EXAMPLE.id),
    runId: idOf("A run that has it.", EXAMPLE.runId),
    contentType: line(200, "Of the content."),
    bytes: count("Of the content."),
    createdAt: Timestamp,
  })
  .meta({
    id: "Artifact",
    description: 'A large value, which answers refer to as `{"$artifact": id}`.',
    examples: [EXAMPLE],
  });

export const ArtifactList = listOf("ArtifactList", Artifact, EXAMPLE);
export const ArtifactQuery = z.strictObject({ ...paging });
