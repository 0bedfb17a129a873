import { setTimeout as sleep } from "node:timers/promises";
import { AwsV4Signer } from "aws4fetch";
import { AwsFailure, isPassing } from "./failure.ts";

/**
 * The JSON wire of DynamoDB, KMS, SQS and the Parameter Store, for functions that start with many calls at their heels: the SDK's two clients take
 * longer to load than all else of such a function. Credentials are those that Lambda gives its functions.
 */
export type LightCall = (operation: string, input: object) => Promise<Readonly<Record<string, unknown>>>;

interface Wire {
  readonly service: "dynamodb" | "kms" | "sqs" | "ssm";
  /** What an operation's name stands behind in its target. */
  readonly target: string;
  readonly contentType: string;
}

export const wires = {
  dynamodb: {
    service: "dynamodb",
    target: "DynamoDB_20120810",
    contentType: "application/x-amz-json-1.0",
  },
  sqs: { service: "sqs", target: "AmazonSQS", contentType: "application/x-amz-json-1.0" },
  kms: { service: "kms", target: "TrentService", contentType: "application/x-amz-json-1.1" },
  ssm: { service: "ssm", target: "AmazonSSM", contentType: "application/x-amz-json-1.1" },
} as const satisfies Record<string, Wire>;

type Env = Readonly<Record<string, string | undefined>>;

const attempts = 4;
/** A table answers in milliseconds: what takes seconds is better sent again. */
const answerMs = 3000;
const pauseMs = 50;

export const lightCall = (wire: Wire, env: Env): LightCall => {
  const region = needed(env, "AWS_REGION");
  const url = addressOf(wire, region, env);
  const credentials = {
    accessKeyId: needed(env, "AWS_ACCESS_KEY_ID"),
    secretAccessKey: needed(env, "AWS_SECRET_ACCESS_KEY"),
    ...(env.AWS_SESSION_TOKEN !== undefined && { sessionToken: env.AWS_SESSION_TOKEN }),
  };
  // Derived keys of the day, shared by all calls.
  const cache = new Map<string, ArrayBuffer>();

  const send = async (operation: string, body: string): Promise<Readonly<Record<string, unknown>>> => {
    const signer = new AwsV4Signer({
      ...credentials,
      method: "POST",
      url,
      headers: { "content-type": wire.contentType, "x-amz-target": `${wire.target}.${operation}` },
      body,
      service: wire.service,
      region,
      cache,
    });
    // Signed anew for each attempt: a clock goes on.
    const { method, headers } = await signer.sign();
    return answerOf(
      await fetch(url, { method, headers, body, redirect: "error", signal: AbortSignal.timeout(answerMs) }),
    );
  };

  return async (operation, input) => {
    const body = JSON.stringify(input);
    for (let attempt = 1; ; attempt++) {
      try {
        return await send(operation, body);
      } catch (error) {
        const failure = error instanceof AwsFailure ? error : new AwsFailure(nameOf(error));
        if (attempt === attempts || !isPassing(failure)) throw failure;
      }
      await sleep(Math.random() * pauseMs * 2 ** attempt);
    }
  };
};

const needed = (env: Env, name: string): string => {
  const value = env[name];
  if (value === undefined || value === "")
    throw new Error(`${name} is missing: Lambda gives it to its functions`);
  return value;
};

/** By the SDK's own variables, or where the service is in its region. */
const addressOf = ({ service }: Wire, region: string, env: Env): string => {
  const own = env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? env.AWS_ENDPOINT_URL;
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return own ?? `https://${service}.${region}.${domain}/`;
};

const answerOf = async (reply: Response): Promise<Readonly<Record<string, unknown>>> => {
  const requestId = reply.headers.get("x-amzn-requestid") ?? undefined;
  const text = await reply.text();
  const { __type, ...rest } = objectIn(text);
  if (reply.ok) return rest;
  // `com.amazonaws.dynamodb.v20120810#ThrottlingException`
  const code = typeof __type === "string" ? (__type.split("#").at(-1) ?? "") : `status ${reply.status}`;
  throw new AwsFailure(code, reply.status, requestId, rest);
};

const objectIn = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    // Cut off on its way.
    throw new AwsFailure("SyntaxError");
  }
};

/** `ECONNREFUSED` of a connection that failed, `TimeoutError` of an answer that took too long. */
const nameOf = (error: unknown): string => {
  if (!(error instanceof Error)) return "an unknown failure";
  const { cause } = error;
  return cause instanceof Error && "code" in cause && typeof cause.code === "string"
    ? cause.code
    : error.name;
};
