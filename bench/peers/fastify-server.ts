import { hash, timingSafeEqual } from "node:crypto";
import { fastify } from "fastify";
import { ZodError } from "zod";
import { openPlain, type PlainVerdict } from "./plain-verify.ts";

/** The plain verification as a service: POST /verify, with the caller's own token, on a store that has its keys. */

const { PLAIN_DATA: folder, PLAIN_TOKEN: token } = process.env;
if (folder === undefined || token === undefined) throw new Error("PLAIN_DATA and PLAIN_TOKEN are not set");

const plain = openPlain(folder, 0);

/** Of equal length, whatever was sent. */
const digest = (text: string): Buffer => hash("sha256", text, "buffer");
const expected = digest(`Bearer ${token}`);

const text = { type: "string", nullable: true } as const;
const count = { type: "integer", nullable: true } as const;

/** With it, Fastify writes a reply faster than JSON.stringify. */
const reply = {
  type: "object",
  properties: {
    valid: { type: "boolean" },
    code: { type: "string" },
    keyId: text,
    name: text,
    owner: text,
    expiresAt: text,
    remaining: count,
    retryAfter: count,
  } satisfies Record<keyof PlainVerdict, unknown>,
};

const app = fastify();

app.addHook("onRequest", (request, response, done) => {
  if (timingSafeEqual(digest(request.headers.authorization ?? ""), expected)) return done();
  response.code(401).send({ error: "unauthorized" });
});

app.setErrorHandler((error, _request, response) => {
  if (error instanceof ZodError) return response.code(400).send({ error: "invalid", issues: error.issues });
  return response.send(error);
});

app.post("/verify", { schema: { response: { 200: reply } } }, (request, response) => {
  response.send(plain.verify(request.body));
});

process.stdout.write(`listening on ${await app.listen({ port: 0, host: "127.0.0.1" })}\n`);
process.on("SIGTERM", () => {
  plain.close();
  process.exit(0);
});
