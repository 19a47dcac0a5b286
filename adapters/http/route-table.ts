import type { Route } from "./route.ts";
import { aboutRoutes } from "./routes/about.ts";
import { approveRoutes } from "./routes/approve.ts";
import { artifactRoutes } from "./routes/artifacts.ts";
import { auditRoutes } from "./routes/audit.ts";
import { bulkRoutes } from "./routes/bulk.ts";
import { deadLetterRoutes } from "./routes/dead-letters.ts";
import { deliveryRoutes } from "./routes/deliveries.ts";
import { eventRoutes } from "./routes/events.ts";
import { graphRoutes } from "./routes/graphs.ts";
import { hookRoutes } from "./routes/hooks.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { keyRoutes } from "./routes/keys.ts";
import { processRoutes } from "./routes/processes.ts";
import { runActionRoutes } from "./routes/run-actions.ts";
import { runControlRoutes } from "./routes/run-control.ts";
import { runHistoryRoutes } from "./routes/run-history.ts";
import { runInsightRoutes } from "./routes/run-insight.ts";
import { runRoutes } from "./routes/runs.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { secretRoutes } from "./routes/secrets.ts";
import { streamRoutes } from "./routes/streams.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { tenantRoutes } from "./routes/tenants.ts";
import { toolRoutes } from "./routes/tools.ts";
import { usageRoutes } from "./routes/usage.ts";
import { webhookRoutes } from "./routes/webhooks.ts";
import { workflowRoutes } from "./routes/workflows.ts";

/** Every route. The app serves this table, and the OpenAPI document describes it. */
export const ROUTES: readonly Route[] = [
  ...workflowRoutes,
  ...runRoutes,
  ...runActionRoutes,
  ...runControlRoutes,
  ...runHistoryRoutes,
  ...bulkRoutes,
  ...runInsightRoutes,
  ...artifactRoutes,
  ...eventRoutes,
  ...streamRoutes,
  ...taskRoutes,
  ...deadLetterRoutes,
  ...toolRoutes,
  ...scheduleRoutes,
  ...jobRoutes,
  ...secretRoutes,
  ...webhookRoutes,
  ...deliveryRoutes,
  ...hookRoutes,
  ...keyRoutes,
  ...tenantRoutes,
  ...auditRoutes,
  ...usageRoutes,
  ...graphRoutes,
  ...processRoutes,
  ...approveRoutes,
  ...aboutRoutes,
];
