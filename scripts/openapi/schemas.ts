import * as z from "zod";
import { errorTable } from "../../lib/errors.ts";
import { revealReply } from "../../lib/schemas/facade.ts";
import { key } from "../../lib/schemas/key.ts";
import { isSecret } from "../../lib/schemas/secret-mark.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** A zod schema in JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. `input` is what a caller sends. */
export const schemaOf = (schema: z.ZodType, io: "input" | "output"): JsonObject => {
  const whole = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // Any JSON at all: without its own definition, which only says that in many words.
      if (isAnyJson(zodSchema)) for (const name of Object.keys(jsonSchema)) delete jsonSchema[name];
      // Fields that are named only to be refused with a word of advice are none that can be sent.
      if (zodSchema instanceof z.ZodObject) {
        for (const [name, field] of Object.entries(zodSchema.shape)) {
          if (field instanceof z.ZodOptional && field.unwrap() instanceof z.ZodCustom)
            delete jsonSchema.properties?.[name];
        }
      }
      if (!isSecret(zodSchema)) return;
      jsonSchema["x-secret"] = true;
      if (jsonSchema.type === "string") jsonSchema.format = "password";
    },
  });
  const { $schema: _, $defs: __, "~standard": ___, ...plain } = JSON.parse(JSON.stringify(whole));
  return withoutDefinitions(plain) as JsonObject;
};

/** `z.json()`, whose arrays are of itself. */
const isAnyJson = (schema: unknown): boolean => {
  const inner = schema instanceof z.ZodLazy ? schema.unwrap() : undefined;
  const options = inner instanceof z.ZodUnion ? inner.options : [];
  return options.some((option) => option instanceof z.ZodArray && option.element === schema);
};

/** References to definitions that were taken out above stand for any JSON. */
const withoutDefinitions = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(withoutDefinitions);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  if (entries.some(([name, text]) => name === "$ref" && String(text).startsWith("#/$defs/"))) return {};
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutDefinitions(inner)]));
};

const issue = { type: "object", properties: { path: { type: "string" }, message: { type: "string" } } };

/** Shapes with a name of their own: wherever one stands, it is referred to. */
export const components: JsonObject = {
  Key: schemaOf(key, "output"),
  Material: schemaOf(revealReply.shape.material, "output"),
  Problem: {
    type: "object",
    description: "What was wrong, where, and what to do (RFC 9457). Switch on `code`.",
    required: ["type", "title", "status", "detail", "code", "retryable", "requestId"],
    properties: {
      type: {
        type: "string",
        format: "uri-reference",
        description: "One for each code; it leads to that code in `x-problems`.",
      },
      title: { type: "string" },
      status: { type: "integer" },
      detail: { type: "string" },
      code: { type: "string", enum: Object.keys(errorTable) },
      retryable: { type: "boolean", description: "The same request may succeed later, unchanged." },
      requestId: { type: "string" },
      errors: { type: "array", items: issue },
      upstream: {
        type: "object",
        description: "What the real system behind a provider said.",
        properties: {
          provider: { type: "string" },
          code: { type: "string" },
          requestId: { type: ["string", "null"] },
        },
      },
    },
  },
};

const references = Object.entries(components).map(
  ([name, shape]): readonly [text: string, reference: JsonObject] => [
    JSON.stringify(shape),
    { $ref: `#/components/schemas/${name}` },
  ],
);

/** The same, with named shapes in place of their copies. */
export const referred = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(referred);
  if (typeof value !== "object" || value === null) return value;
  const text = JSON.stringify(value);
  const found = references.find(([shape]) => shape === text);
  if (found !== undefined) return found[1];
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, referred(inner)]));
};
