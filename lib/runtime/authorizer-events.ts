import * as z from "zod";
import { headersIn } from "./event-headers.ts";

/** What API Gateway asks an authorizer, in either version of the payload. A TOKEN authorizer's has no address: refused. */

/** Of an HTTP API with simple responses: the Developer Guide's "AWS Lambda authorizers for HTTP APIs". */
const eventV2 = z.object({
  version: z.literal("2.0"),
  type: z.literal("REQUEST"),
  headers: z.record(z.string(), z.string()).nullish(),
  requestContext: z.object({ http: z.object({ sourceIp: z.string() }) }),
});

/** Of a REST API, or of an HTTP API with payload 1.0: the guide's "Input to an API Gateway Lambda authorizer". */
const eventV1 = z.object({
  type: z.literal("REQUEST"),
  methodArn: z.string(),
  /** `headers` has the last one of several lines. */
  multiValueHeaders: z.record(z.string(), z.array(z.string())).nullish(),
  requestContext: z.object({ identity: z.object({ sourceIp: z.string() }) }),
});

export interface Asked {
  /** Lower-case names; repeated ones joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** As the gateway saw it. A header of that name would be the client's word. */
  readonly ip: string;
  /** The one method that a policy is for; null where the answer is yes or no. */
  readonly methodArn: string | null;
}

/** Undefined for anything else, which nobody may be let in by. */
export const askedBy = (event: unknown): Asked | undefined => {
  const v2 = eventV2.safeParse(event).data;
  if (v2 !== undefined) {
    return { headers: headersIn(v2.headers, null), ip: v2.requestContext.http.sourceIp, methodArn: null };
  }
  const v1 = eventV1.safeParse(event).data;
  if (v1 === undefined) return undefined;
  return {
    headers: headersIn(null, v1.multiValueHeaders),
    ip: v1.requestContext.identity.sourceIp,
    methodArn: v1.methodArn,
  };
};

/** Texts alone: a REST API takes no objects and no null. */
type Context = Readonly<Record<string, string>>;

interface Policy {
  readonly principalId: string;
  readonly policyDocument: {
    readonly Version: "2012-10-17";
    readonly Statement: readonly {
      readonly Action: "execute-api:Invoke";
      readonly Effect: "Allow" | "Deny";
      readonly Resource: string;
    }[];
  };
  readonly context: Context;
}

export type Answer = { readonly isAuthorized: boolean; readonly context: Context } | Policy;

export const answerTo = ({ methodArn }: Asked, isAuthorized: boolean, context: Context): Answer => {
  if (methodArn === null) return { isAuthorized, context };
  const Effect = isAuthorized ? "Allow" : "Deny";
  const Statement = [{ Action: "execute-api:Invoke", Effect, Resource: methodArn } as const];
  return {
    principalId: context.keyId ?? "unknown",
    policyDocument: { Version: "2012-10-17", Statement },
    context,
  };
};
