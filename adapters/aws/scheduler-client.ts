import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { CLIENT_SETTINGS, type Placement } from "./client-settings.ts";

export function schedulerClient(placement: Placement = {}): SchedulerClient {
  return new SchedulerClient({ ...CLIENT_SETTINGS, ...placement });
}
