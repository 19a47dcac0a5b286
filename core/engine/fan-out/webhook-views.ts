import { instantText } from "../../kernel/duration.ts";
import type { Delivery } from "../../store/deliveries.ts";
import type { Endpoint } from "../../store/endpoints.ts";

export type WebhookView = Readonly<{
  id: string;
  url: string;
  description: string | null;
  types: readonly string[];
  filter: Readonly<{ workflow?: string; tag?: string }>;
  enabled: boolean;
  disabledReason: string | null;
  failingSince: string | null;
  createdAt: string;
  updatedAt: string;
}>;

export type DeliveryView = Readonly<{
  id: string;
  webhook: string;
  runId: string | null;
  seq: number | null;
  type: string;
  status: Delivery["status"];
  body: string;
  attempts: readonly Readonly<{
    at: string;
    ms: number;
    status: number | null;
    error: string | null;
    answer: string | null;
  }>[];
  createdAt: string;
  updatedAt: string;
}>;

type Filter = Readonly<{ workflow?: string | undefined; tag?: string | undefined }>;

export type WebhookRequest = Readonly<{
  url: string;
  types?: readonly string[] | undefined;
  filter?: Filter | undefined;
  description?: string | undefined;
  secret?: string | undefined;
}>;

export type WebhookChange = Readonly<{
  url?: string | undefined;
  types?: readonly string[] | undefined;
  filter?: Filter | undefined;
  description?: string | undefined;
  enabled?: boolean | undefined;
}>;

export function webhookView(endpoint: Endpoint): WebhookView {
  const { id, url, description, types, workflow, tag, enabled, disabledReason } = endpoint;
  const { failingSince, createdAt, updatedAt } = endpoint;
  return {
    id,
    url,
    description,
    types,
    filter: { ...(workflow !== null && { workflow }), ...(tag !== null && { tag }) },
    enabled,
    disabledReason,
    failingSince: failingSince === null ? null : instantText(failingSince),
    createdAt: instantText(createdAt),
    updatedAt: instantText(updatedAt),
  };
}

export function deliveryView(delivery: Delivery): DeliveryView {
  const { id, endpoint, runId, seq, type, status, body: text, createdAt, updatedAt } = delivery;
  return {
    id,
    webhook: endpoint,
    runId,
    seq,
    type,
    status,
    body: text,
    attempts: delivery.attempts.map((attempt) => ({ ...attempt, at: instantText(attempt.at) })),
    createdAt: instantText(createdAt),
    updatedAt: instantText(updatedAt),
  };
}
