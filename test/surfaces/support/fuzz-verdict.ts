import * as z from "zod";
import { secretCanary, textCanary } from "./fuzz-values.ts";
import type { Received } from "./send.ts";

const problem = z.looseObject({
  status: z.int(),
  code: z.string(),
  title: z.string(),
  detail: z.string(),
  requestId: z.string().min(1),
});
const outcomes = z.looseObject({ outcomes: z.array(z.object({ status: z.int(), body: z.unknown() })) });

/** Whose replies may hold material; nowhere but under that name. */
const issuing = ["CreateKey", "RotateKey", "RevealKey"];

interface Answered {
  readonly operation: string;
  readonly method: string;
  /** What called: it must never come back. */
  readonly token: string;
}

/** What is wrong with a reply, in a few words; undefined where nothing is. */
export const faultOf = (reply: Received, about: Answered): string | undefined => {
  const { status, text } = reply;
  if (status >= 500) return "a fault of ours";
  if (`${reply.headers}${text}`.includes(about.token)) return "the caller's token came back";
  if (reply.headers.includes(secretCanary)) return "a secret in a header";
  if (reply.requestId === undefined) return "no request id";
  if (about.method === "HEAD" || status === 204 || status === 304) {
    return text === "" ? undefined : "a body where none may be";
  }
  const body = parsed(text);
  if (body === undefined) return "no JSON";
  if (status >= 400) {
    if (reply.type !== "application/problem+json") return "no problem details";
    return faultOfProblem(status, body, reply.requestId);
  }
  if (reply.type !== "application/json") return "another type than JSON";
  return about.operation === "BatchKeys"
    ? faultOfBatch(body, reply.requestId)
    : faultOfReading(body, issuing.includes(about.operation));
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const faultOfProblem = (status: number, body: unknown, requestId: string): string | undefined => {
  const found = problem.safeParse(body).data;
  if (found === undefined || found.status !== status) return "no problem details";
  if (found.requestId !== requestId) return "another request's id";
  const text = JSON.stringify(body);
  if (text.includes(secretCanary)) return "a refusal repeats a secret";
  return text.includes(textCanary) ? "a refusal repeats what was sent" : undefined;
};

const faultOfReading = (body: unknown, mayIssue: boolean): string | undefined => {
  const { material: _, ...rest } = Object(body);
  return JSON.stringify(mayIssue ? rest : body).includes(secretCanary)
    ? "a secret outside material"
    : undefined;
};

/** Each outcome is held to what the operation by itself would be. */
const faultOfBatch = (body: unknown, requestId: string): string | undefined => {
  const parts = outcomes.safeParse(body).data?.outcomes;
  if (parts === undefined) return "no outcomes";
  for (const { status, body: part } of parts) {
    if (status >= 500) return "a fault of ours in a batch";
    const fault = status >= 400 ? faultOfProblem(status, part, requestId) : faultOfReading(part, true);
    if (fault !== undefined) return `${fault}, in a batch`;
  }
  return undefined;
};
