import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** Stands before an engine of DynamoDB and does what a network and a busy table do. */
export interface DynamoFaults {
  readonly url: string;
  /** Of an operation, answers the next calls with an error, after letting so many pass. */
  answerInstead(operation: string, code: string, times: number, after?: number): void;
  /** Hands the next calls on and drops the connection instead of answering. */
  loseAnswers(operation: string, times: number): void;
  /** Answers the next batch readings with nothing but what was asked for, as unread. */
  leaveUnread(times: number): void;
  /** Leaves every call of an operation without an answer from now on, handed on to the engine or not. */
  hang(operation: string, isHandedOn: boolean): void;
  /** How many calls were left so, once the engine has done what it was to do. */
  readonly hung: () => number;
  heal(): void;
  /** Operations that came, in their order. */
  readonly operations: readonly string[];
  /** What a role has to allow for them, as IAM has it: a transaction is what is in it. */
  readonly permissions: ReadonlySet<string>;
  stop(): Promise<void>;
}

interface Fault {
  readonly operation: string;
  readonly kind: "error" | "lost" | "unread" | "hung" | "held";
  readonly code: string;
  times: number;
  after: number;
}

export const startDynamoFaults = async (endpoint: string): Promise<DynamoFaults> => {
  let faults: Fault[] = [];
  const operations: string[] = [];
  const permissions = new Set<string>();
  let hung = 0;

  const faultFor = (operation: string): Fault | undefined => {
    const fault = faults.find((one) => one.operation === operation && one.times > 0);
    if (fault === undefined) return undefined;
    if (fault.after > 0) {
      fault.after -= 1;
      return undefined;
    }
    fault.times -= 1;
    return fault;
  };

  const server = createServer(async (message, response) => {
    const body = await buffer(message);
    const operation = String(message.headers["x-amz-target"]).split(".").at(-1) ?? "";
    operations.push(operation);
    for (const permission of permissionsFor(operation, body)) permissions.add(permission);
    const fault = faultFor(operation);
    if (fault?.kind === "error") {
      const status = fault.code === "InternalServerError" ? 500 : 400;
      response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
      response.end(
        JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${fault.code}`, message: "a fault" }),
      );
      return;
    }
    if (fault?.kind === "unread") {
      response.writeHead(200, { "content-type": "application/x-amz-json-1.0" });
      response.end(
        JSON.stringify({ Responses: {}, UnprocessedKeys: JSON.parse(body.toString()).RequestItems }),
      );
      return;
    }
    if (fault?.kind === "held") {
      hung += 1;
      return;
    }
    const headers = Object.fromEntries(
      Object.entries(message.headers).filter(
        ([name]) => !["host", "connection", "content-length"].includes(name),
      ),
    );
    const reply = await fetch(endpoint, {
      method: "POST",
      headers: headers as Record<string, string>,
      body: new Uint8Array(body),
    });
    const text = await reply.text();
    if (fault?.kind === "lost") {
      message.socket.destroy();
      return;
    }
    if (fault?.kind === "hung") {
      hung += 1;
      return;
    }
    response.writeHead(reply.status, { "content-type": "application/x-amz-json-1.0" });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    answerInstead: (operation, code, times, after = 0) =>
      void faults.push({ operation, kind: "error", code, times, after }),
    loseAnswers: (operation, times) =>
      void faults.push({ operation, kind: "lost", code: "", times, after: 0 }),
    leaveUnread: (times) =>
      void faults.push({ operation: "BatchGetItem", kind: "unread", code: "", times, after: 0 }),
    operations,
    permissions,
    hang: (operation, isHandedOn) => {
      const kind = isHandedOn ? "hung" : "held";
      faults.push({ operation, kind, code: "", times: Number.POSITIVE_INFINITY, after: 0 });
    },
    hung: () => hung,
    heal: () => {
      faults = [];
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

const permissionsFor = (operation: string, body: Buffer): readonly string[] => {
  if (operation !== "TransactWriteItems") return [operation];
  const { TransactItems: items } = JSON.parse(body.toString()) as {
    readonly TransactItems: readonly object[];
  };
  return items.flatMap((item) => Object.keys(item)).map((kind) => `${kind}Item`);
};
