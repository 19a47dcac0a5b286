import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  MessageRejected,
  SESv2Client,
  SendEmailCommand,
  TooManyRequestsException,
} from "@aws-sdk/client-sesv2";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, test } from "vitest";
import { apiGatewaySockets, socketsClient } from "../../adapters/aws/api-gateway-sockets.ts";
import { eventBridgeBus, eventBridgeClient } from "../../adapters/aws/event-bridge-bus.ts";
import { sesClient, sesMailer } from "../../adapters/aws/ses-mailer.ts";

const region = "eu-central-1";
const said = (message: string, httpStatusCode = 400) => ({
  message,
  $metadata: { httpStatusCode },
});
const ses = mockClient(SESv2Client);
const gateway = mockClient(ApiGatewayManagementApiClient);
const bridge = mockClient(EventBridgeClient);
beforeEach(() => {
  for (const mock of [ses, gateway, bridge]) mock.reset();
});

describe("a mail by SES", () => {
  const mailer = sesMailer({ client: sesClient({ region }), sender: "holdfast@example.com" });
  const mail = {
    id: "task_1#ada@example.com",
    to: "ada@example.com",
    subject: "Décision",
    text: "t",
    html: "<p>t</p>",
    links: [],
  };

  test("goes to one person, in both forms, and names itself the same when it is repeated", async () => {
    ses.on(SendEmailCommand).resolves({});
    await mailer.send(mail);
    await mailer.send(mail);

    const [first, again] = ses.commandCalls(SendEmailCommand).map(({ args: [{ input }] }) => input);
    expect(first).toMatchObject({
      FromEmailAddress: "holdfast@example.com",
      Destination: { ToAddresses: ["ada@example.com"] },
      Content: { Simple: { Subject: { Data: "Décision" }, Body: { Text: { Data: "t" } } } },
    });
    expect(again).toEqual(first);
    expect(JSON.stringify(first?.Content?.Simple?.Headers)).not.toContain("ada@");
  });

  test("that SES rejects is hopeless; one that it has no time for is not", async () => {
    ses.on(SendEmailCommand).rejects(new MessageRejected(said("not verified: ada@example.com")));
    const rejected = mailer.send(mail);
    await expect(rejected).rejects.toMatchObject({ name: "Fault", retryable: false });
    await expect(rejected).rejects.not.toThrow("ada@");

    ses.on(SendEmailCommand).rejects(new TooManyRequestsException(said("slow down", 429)));
    await expect(mailer.send(mail)).rejects.toMatchObject({ retryable: true });
  });
});

describe("a connection of API Gateway", () => {
  const sockets = apiGatewaySockets(socketsClient("https://ws.example.com/live", { region }));

  test("is told, or found gone, and closing one that is gone is nothing", async () => {
    gateway.on(PostToConnectionCommand).resolvesOnce({});
    expect(await sockets.send("con_1", "{}")).toBe("sent");

    const gone = new GoneException(said("gone", 410));
    gateway.on(PostToConnectionCommand).rejects(gone);
    gateway.on(DeleteConnectionCommand).rejects(gone);
    expect(await sockets.send("con_1", "{}")).toBe("gone");
    await sockets.close("con_1", 1008, "the key was revoked");
  });

  test("is never sent a frame that API Gateway would refuse", async () => {
    const large = sockets.send("con_1", "ä".repeat(66_000));

    await expect(large).rejects.toMatchObject({ name: "Fault", retryable: false });
    expect(gateway.calls()).toHaveLength(0);
  });
});

describe("the bus", () => {
  const bus = eventBridgeBus({ client: eventBridgeClient({ region }), bus: "holdfast" });
  const events = Array.from({ length: 23 }, (_, n) => ({
    id: `evt_${n}`,
    tenant: "ten_1",
    type: "run.succeeded",
    at: "2026-01-01T00:00:00.000Z",
    detail: { seq: n },
  }));

  test("takes events ten at a time, each with its own name and tenant", async () => {
    bridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [] });
    await bus.publish(events);

    const sent = bridge.commandCalls(PutEventsCommand).map(({ args: [{ input }] }) => input);
    expect(sent.map(({ Entries = [] }) => Entries.length)).toEqual([10, 10, 3]);
    expect(sent[0]?.Entries?.[0]).toMatchObject({
      EventBusName: "holdfast",
      Source: "holdfast",
      DetailType: "run.succeeded",
      Detail: '{"id":"evt_0","tenant":"ten_1","seq":0}',
    });
  });

  test("that took only some of them has failed, so that all come again", async () => {
    const Entries = [{ EventId: "1" }, { ErrorCode: "ThrottlingException" }];
    bridge.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries });

    const told = bus.publish(events.slice(0, 2));
    await expect(told).rejects.toThrow("did not take 1 events (ThrottlingException)");
    await expect(told).rejects.toMatchObject({ retryable: true });
  });
});
