import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { KMSClient } from "@aws-sdk/client-kms";
import * as z from "zod";
import { KmsRefusal, kmsRegion, openKmsKeys } from "./kms-keys.ts";

/** What a call of KMS meets instead of an answer: a code of its own, or no answer at all. */
export type KmsFault = "silence" | "reset" | "not JSON" | (string & {});

export interface KmsRequest {
  /** `GenerateDataKey` */
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** KMS in this process, spoken to by the real SDK. */
export interface TestKms {
  readonly url: string;
  /** The ARN of the key that is there from the start. */
  readonly keyId: string;
  /** Makes another key; its ARN. */
  addKey(): string;
  disable(id: string): void;
  enable(id: string): void;
  scheduleDeletion(id: string): void;
  /** The next calls meet these, one each, in order. */
  fail(...faults: readonly KmsFault[]): void;
  /** All that were made, in their order. */
  readonly requests: readonly KmsRequest[];
  /** In Base64, every key that KMS has handed out. */
  readonly shown: readonly string[];
  stop(): Promise<void>;
}

/** Of its codes these mean that KMS itself failed: status 500, not 400. */
const ownFailures: readonly string[] = [
  "DependencyTimeoutException",
  "KMSInternalException",
  "KeyUnavailableException",
];

export const startKms = async (): Promise<TestKms> => {
  const keys = openKmsKeys();
  const requests: KmsRequest[] = [];
  const planned: KmsFault[] = [];

  const answer = (request: IncomingMessage, text: string): Readonly<Record<string, string>> => {
    const [service, operation = ""] = String(request.headers["x-amz-target"]).split(".");
    const run = service === "TrentService" ? keys.operations[operation] : undefined;
    if (run === undefined) throw new KmsRefusal("UnknownOperationException");
    const signature = request.headers.authorization ?? "";
    if (!signature.startsWith("AWS4-HMAC-SHA256 ") || !signature.includes(`/${kmsRegion}/kms/`)) {
      throw new KmsRefusal("MissingAuthenticationTokenException");
    }
    const body = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    requests.push({ operation, body });
    const fault = planned.shift();
    if (fault !== undefined) throw new KmsRefusal(fault);
    return run(body);
  };

  const server = createServer(async (request, reply) => {
    const send = (status: number, text: string): void =>
      void reply
        .writeHead(status, { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() })
        .end(text);
    const body = await textOf(request);
    try {
      send(200, JSON.stringify(answer(request, body)));
    } catch (error) {
      if (!(error instanceof KmsRefusal)) throw error;
      const { code, message } = error;
      if (code === "silence") return;
      if (code === "reset") return void request.socket.destroy();
      // As a reply looks that was cut off: it begins with what nobody may repeat.
      if (code === "not JSON") return send(200, `{"Plaintext":"${keys.newKey()}`);
      send(ownFailures.includes(code) ? 500 : 400, JSON.stringify({ __type: code, message }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    keyId: keys.addKey(),
    addKey: keys.addKey,
    disable: (id) => keys.setState(id, "Disabled"),
    enable: (id) => keys.setState(id, "Enabled"),
    scheduleDeletion: (id) => keys.setState(id, "PendingDeletion"),
    fail: (...faults) => {
      planned.push(...faults);
    },
    requests,
    shown: keys.shown,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** The real client, with credentials that are made up. Without attempts more than one: tests count calls. */
export const kmsClient = ({ url }: Pick<TestKms, "url">): KMSClient =>
  new KMSClient({
    endpoint: url,
    region: kmsRegion,
    credentials: {
      accessKeyId: `AKIATEST${randomBytes(6).toString("hex").toUpperCase()}`,
      secretAccessKey: randomBytes(20).toString("hex"),
    },
    maxAttempts: 1,
  });
