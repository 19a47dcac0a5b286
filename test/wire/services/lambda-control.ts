import { randomUUID } from "node:crypto";
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import {
  type AwsCall,
  AwsError,
  type Emulator,
  numberOr,
  text,
  textOr,
  Unsupported,
} from "../aws/call.ts";

/** What an event source mapping says, from a template or from a call. */
export type MappingSettings = Readonly<{
  sourceArn: string;
  functionArn: string;
  batchSize: number;
  concurrencyMax: number | undefined;
  partialBatches: boolean;
  bisect: boolean;
  retriesMax: number;
  startAt: "TRIM_HORIZON" | "LATEST";
  filters: readonly JsonObject[];
  onFailure: string | undefined;
}>;

export type Mapping = { readonly uuid: string; settings: MappingSettings; stop: () => void };

const CONCURRENCY_MIN = 2;

export type LambdaControl = Readonly<{
  emulator: Emulator;
  map(settings: MappingSettings): Mapping;
  mappings(): readonly Mapping[];
}>;

/** Lambda's control plane, as far as queues are connected to functions while the product runs. */
export function lambdaControl(options: {
  functionArn: (name: string) => string;
  /** Begins to poll; the answer ends it. */
  connect: (settings: MappingSettings) => () => void;
  /** What a function's role lacks to be fed from a source; AWS looks at that first. */
  lacks: (settings: MappingSettings) => string | undefined;
}): LambdaControl {
  const mappings = new Map<string, Mapping>();

  function map(settings: MappingSettings): Mapping {
    const uuid = randomUUID();
    const mapping = { uuid, settings, stop: options.connect(settings) };
    mappings.set(uuid, mapping);
    return mapping;
  }

  function mappingOf(call: AwsCall): Mapping {
    const mapping = mappings.get(text(call.params, "UUID"));
    if (mapping) return mapping;
    throw new AwsError(
      404,
      "ResourceNotFoundException",
      "The resource you requested does not exist.",
    );
  }

  function create(call: AwsCall): JsonObject {
    const settings = mappingSettings(call.params, options.functionArn);
    const same = [...mappings.values()].some(
      ({ settings: one }) =>
        one.sourceArn === settings.sourceArn && one.functionArn === settings.functionArn,
    );
    if (same) throw new AwsError(409, "ResourceConflictException", "the mapping exists already");
    const lack = options.lacks(settings);
    if (lack !== undefined) throw new AwsError(400, "InvalidParameterValueException", lack);
    return shown(map(settings), "Creating");
  }

  const operations: Readonly<Record<string, (call: AwsCall) => JsonObject>> = {
    CreateEventSourceMapping: create,
    GetEventSourceMapping: (call) => shown(mappingOf(call), "Enabled"),
    ListEventSourceMappings({ params }) {
      const source = textOr(params, "EventSourceArn");
      const name = textOr(params, "FunctionName");
      const arn = name === undefined ? undefined : options.functionArn(name);
      const found = [...mappings.values()].filter(
        ({ settings }) =>
          (source === undefined || settings.sourceArn === source) &&
          (arn === undefined || settings.functionArn === arn),
      );
      return { EventSourceMappings: found.map((one) => shown(one, "Enabled")) };
    },
    UpdateEventSourceMapping(call) {
      const mapping = mappingOf(call);
      mapping.stop();
      const scaling = call.params["ScalingConfig"] as { MaximumConcurrency?: number } | undefined;
      mapping.settings = {
        ...mapping.settings,
        concurrencyMax: concurrencyOf(scaling?.MaximumConcurrency),
      };
      mapping.stop = options.connect(mapping.settings);
      return shown(mapping, "Updating");
    },
    DeleteEventSourceMapping(call) {
      const mapping = mappingOf(call);
      mapping.stop();
      mappings.delete(mapping.uuid);
      return shown(mapping, "Deleting");
    },
  };

  return {
    emulator(call) {
      const operation = operations[call.operation];
      if (!operation) throw new Unsupported(`lambda:${call.operation}`);
      const isChange =
        call.operation !== "ListEventSourceMappings" && !call.operation.startsWith("Get");
      return { status: isChange ? 202 : 200, body: operation(call) };
    },
    map,
    mappings: () => [...mappings.values()],
  };
}

const KNOWN = new Set([
  "EventSourceArn",
  "FunctionName",
  "BatchSize",
  "ScalingConfig",
  "FunctionResponseTypes",
  "BisectBatchOnFunctionError",
  "MaximumRetryAttempts",
  "MaximumBatchingWindowInSeconds",
  "MaximumRecordAgeInSeconds",
  "ParallelizationFactor",
  "StartingPosition",
  "FilterCriteria",
  "DestinationConfig",
  "Enabled",
  "Tags",
]);

/** Reads what a template and a call write alike. */
export function mappingSettings(
  params: JsonObject,
  functionArn: (name: string) => string,
): MappingSettings {
  const strange = Object.keys(params).filter((name) => !KNOWN.has(name));
  if (strange.length > 0) throw new Unsupported(`a mapping with ${strange.join(", ")}`);
  const sourceArn = text(params, "EventSourceArn");
  const types = (params["FunctionResponseTypes"] ?? []) as readonly string[];
  const { Filters = [] } = (params["FilterCriteria"] ?? {}) as { Filters?: { Pattern: string }[] };
  const { OnFailure } = (params["DestinationConfig"] ?? {}) as {
    OnFailure?: { Destination: string };
  };
  const scaling = params["ScalingConfig"] as { MaximumConcurrency?: number } | undefined;
  const batchSize = numberOr(params, "BatchSize", sourceArn.includes(":sqs:") ? 10 : 100);
  if (sourceArn.endsWith(".fifo") && batchSize > 10) {
    throw new AwsError(400, "InvalidParameterValueException", "a FIFO queue has batches up to 10");
  }
  if (sourceArn.endsWith(".fifo") && params["MaximumBatchingWindowInSeconds"]) {
    throw new AwsError(400, "InvalidParameterValueException", "a FIFO queue has no batch window");
  }
  return {
    sourceArn,
    functionArn: functionArn(text(params, "FunctionName")),
    batchSize,
    concurrencyMax: concurrencyOf(scaling?.MaximumConcurrency),
    partialBatches: types.includes("ReportBatchItemFailures"),
    bisect: params["BisectBatchOnFunctionError"] === true,
    retriesMax: numberOr(params, "MaximumRetryAttempts", -1),
    startAt: params["StartingPosition"] === "TRIM_HORIZON" ? "TRIM_HORIZON" : "LATEST",
    filters: Filters.map(({ Pattern }) => JSON.parse(Pattern) as JsonObject),
    onFailure: OnFailure?.Destination,
  };
}

function concurrencyOf(given: number | undefined): number | undefined {
  if (given === undefined || (given >= CONCURRENCY_MIN && given <= 1_000)) return given;
  throw new AwsError(400, "InvalidParameterValueException", "MaximumConcurrency is 2 to 1000");
}

function shown({ uuid, settings }: Mapping, State: string): JsonObject {
  const { sourceArn, functionArn, batchSize, concurrencyMax } = settings;
  const scaling: Json = concurrencyMax === undefined ? {} : { MaximumConcurrency: concurrencyMax };
  return {
    UUID: uuid,
    EventSourceArn: sourceArn,
    FunctionArn: functionArn,
    BatchSize: batchSize,
    ScalingConfig: scaling,
    State,
  };
}
