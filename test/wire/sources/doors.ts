import type { JsonObject } from "../../../core/kernel/json.ts";
import type { Emulator } from "../aws/call.ts";
import type { Pool } from "../functions/pool.ts";
import type { Resolve } from "../template/resolve.ts";
import { ofType, REGION, type Resource, type Template } from "../template/template.ts";
import type { WorldClock } from "../world-clock.ts";
import { functionUrl, httpApi } from "./http-door.ts";
import { socketDoor } from "./socket-door.ts";

/** API Gateway waits no longer for an HTTP API's function. */
const HTTP_MS_MAX = 30_000;

export type Doors = Awaited<ReturnType<typeof openDoors>>;

/**
 * The ways in: the HTTP API, the function URL and the WebSocket API of a template, each on a port
 * of its own. They open before functions exist, because functions are told their addresses.
 */
export async function openDoors(options: {
  template: Template;
  resolve: Resolve;
  clock: WorldClock;
  gatewayUrl: string;
  poolOf: (arnOrId: string) => Pool;
}) {
  const { template, resolve, clock, poolOf } = options;
  const http = theOne(template, "AWS::ApiGatewayV2::Api", "HTTP");
  const sockets = theOne(template, "AWS::ApiGatewayV2::Api", "WEBSOCKET");
  const [url] = ofType(template, "AWS::Lambda::Url");
  if (!url) throw new Error("the template has no function URL");
  const idOf = ({ id }: Resource) => resolve.deployedOf(id).ref;
  const stage = stageOf(template, sockets.id);
  const { now } = clock;

  const api = await httpApi({
    apiId: idOf(http),
    now,
    invoke: (event) => inTime(routed(http.id, "$default")).invoke(event),
  });
  const streams = await functionUrl({
    apiId: idOf(url),
    now,
    invoke: (event, listener) => urlFunction(url).invoke(event, listener),
  });
  const socket = await socketDoor({
    clock,
    apiId: idOf(sockets),
    stage,
    invoke: (route, event) => routeOf(sockets.id, route) && routed(sockets.id, route).invoke(event),
  });

  const addresses = {
    http: `http://127.0.0.1:${api.port}`,
    sse: `http://127.0.0.1:${streams.port}/`,
    socket: `ws://127.0.0.1:${socket.port}/${stage}`,
  };
  resolve.deployed(http, { attributes: { ApiEndpoint: addresses.http } });
  resolve.deployed(url, { attributes: { FunctionUrl: addresses.sse } });

  /** The function's own timeout ends it; a machine that is busy only makes requests wait. */
  function inTime(pool: Pool): Pool {
    if (pool.settings.timeoutMs < HTTP_MS_MAX) return pool;
    throw new Error(`API Gateway gives up before ${pool.settings.name} has to end`);
  }

  function routeOf(apiId: string, key: string): Resource | undefined {
    return ofType(template, "AWS::ApiGatewayV2::Route").find(
      ({ properties }) => refOf(properties["ApiId"]) === apiId && properties["RouteKey"] === key,
    );
  }

  /** The function behind a route, which API Gateway must be permitted to call. */
  function routed(apiId: string, key: string): Pool {
    const route = routeOf(apiId, key);
    const target = JSON.stringify(route?.properties["Target"] ?? null);
    const integration = ofType(template, "AWS::ApiGatewayV2::Integration").find(({ id }) =>
      target.includes(`{"Ref":"${id}"}`),
    );
    if (!integration) throw new Error(`the route ${key} of ${apiId} leads nowhere`);
    const uri = resolve.text(integration.properties["IntegrationUri"]);
    const arn = /functions\/(arn:[^/]+)\/invocations$/.exec(uri)?.[1] ?? uri;
    needPermission(arn, "apigateway.amazonaws.com");
    return poolOf(arn);
  }

  function urlFunction({ properties }: Resource): Pool {
    const arn = resolve.text(properties["TargetFunctionArn"]);
    needPermission(arn, "*");
    return poolOf(arn);
  }

  function needPermission(arn: string, principal: string): void {
    const isPermitted = ofType(template, "AWS::Lambda::Permission").some(
      ({ properties }) =>
        properties["Principal"] === principal && resolve.text(properties["FunctionName"]) === arn,
    );
    if (!isPermitted) throw new Error(`${principal} has no permission to call ${arn}`);
  }

  const host = `${idOf(sockets)}.execute-api.${REGION}.amazonaws.com/${stage}`;
  return {
    ...addresses,
    socketApi: { id: idOf(sockets), stage },
    socketEmulator: socket.emulator satisfies Emulator,
    sockets: () => socket.count(),
    /** The name by which functions would reach the WebSocket API leads here. */
    reachable: (text: string) => text.replace(`https://${host}`, `${options.gatewayUrl}/${stage}`),
    isBusy: () => api.open() > 0 || socket.isBusy(),
    close(): void {
      for (const door of [api, streams, socket]) door.close();
    },
  };
}

function theOne(template: Template, type: string, protocol: string): Resource {
  const one = ofType(template, type).find(
    ({ properties }) => properties["ProtocolType"] === protocol,
  );
  if (one) return one;
  throw new Error(`the template has no ${protocol} API`);
}

function stageOf(template: Template, apiId: string): string {
  const stage = ofType(template, "AWS::ApiGatewayV2::Stage").find(
    ({ properties }) => refOf(properties["ApiId"]) === apiId,
  );
  const name = stage?.properties["StageName"];
  if (typeof name === "string") return name;
  throw new Error(`the API ${apiId} has no stage`);
}

function refOf(value: unknown): unknown {
  return (value as JsonObject | undefined)?.["Ref"];
}
