import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AwsV4Signer } from "aws4fetch";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { handler as http } from "../../functions/http.ts";
import { startCloud, stubCloud, type TestCloud } from "../support/cloud.ts";
import { callFacade } from "../support/facade.ts";
import { madeUpRoot, rootVariables } from "../support/keyway.ts";
import { eventKinds, type Gateway, type Invoke, startGateway } from "./gateway.ts";

/** A function that has committed events tells the queue, once a call, and signs what it sends as AWS wants it. */

interface Sent {
  readonly target: string;
  readonly body: unknown;
  readonly isSigned: boolean;
}

const root = madeUpRoot();
let cloud: TestCloud;
let gateway: Gateway;
const sent: Sent[] = [];
let status = 200;

/** The same signature, made by the address and the bytes that came. */
const isSignedAs = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<boolean> => {
  const signer = new AwsV4Signer({
    url,
    method: "POST",
    body,
    service: "sqs",
    region: process.env.AWS_REGION ?? "",
    accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
    ...(process.env.AWS_SESSION_TOKEN && { sessionToken: process.env.AWS_SESSION_TOKEN }),
    datetime: headers["x-amz-date"] ?? "",
    headers: { "content-type": headers["content-type"] ?? "", "x-amz-target": headers["x-amz-target"] ?? "" },
  });
  return (await signer.sign()).headers.get("authorization") === headers.authorization;
};

const queue = createServer(async (request, reply) => {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  const url = `http://${request.headers.host}/`;
  const headers = request.headers as Record<string, string>;
  sent.push({
    target: headers["x-amz-target"] ?? "",
    body: JSON.parse(body),
    isSigned: await isSignedAs(url, headers, body),
  });
  reply.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
  reply.end(status === 200 ? '{"MessageId":"m-1"}' : '{"__type":"com.amazonaws.sqs#AccessDenied"}');
});

let log = "";
beforeAll(async () => {
  await new Promise<void>((resolve) => queue.listen(0, "127.0.0.1", resolve));
  const { port } = queue.address() as AddressInfo;
  cloud = await startCloud();
  stubCloud(cloud);
  const variables = {
    ...rootVariables(root),
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${port}/`,
    KEYWAY_WAKE_QUEUE: `http://127.0.0.1:${port}/1/keyway-dev-wake`,
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    log += String(text);
    return true;
  });
  const [httpApi] = eventKinds;
  if (httpApi === undefined) throw new Error("no kind of event");
  gateway = await startGateway(httpApi.toEvent, http as Invoke);
});
afterAll(async () => {
  await gateway.close();
  vi.unstubAllEnvs();
  await cloud.stop();
  queue.close();
});

const call = (method: string, path: string, body?: unknown) =>
  callFacade({ url: `http://${gateway.host}`, root }, method, path, body === undefined ? {} : { body });

it("is told once of a call that changed something, and not of one that read", async () => {
  const { body } = await call("POST", "/v1/keys", { provider: "aione", name: "told" });
  const { key } = body as { key: { id: string } };
  expect(sent).toEqual([
    {
      target: "AmazonSQS.SendMessage",
      body: { QueueUrl: process.env.KEYWAY_WAKE_QUEUE, MessageBody: "{}" },
      isSigned: true,
    },
  ]);
  await call("GET", `/v1/keys/aione/${key.id}`);
  await call("POST", "/v1/verify", { key: "of-nobody" });
  expect(sent).toHaveLength(1);
  const operations = ["disable", "enable"].map((op) => ({ op, provider: "aione", id: key.id }));
  expect((await call("POST", "/v1/keys:batch", { operations })).status).toBe(200);
  expect(sent).toHaveLength(2);
});

it("that is out of reach or refuses costs no call anything but a line of the log", async () => {
  status = 403;
  const reply = await call("POST", "/v1/keys", { provider: "aione", name: "untold" });
  expect(reply.status).toBe(201);
  expect(log).toContain("deliveries could not be woken");
  status = 200;
});
