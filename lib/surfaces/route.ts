import { Refusal } from "../errors.ts";

interface Routed {
  readonly method: string;
  /** `/v1/credentials/{id}` */
  readonly path: string;
}

/** The entry that a request is for, with the values of its path's parameters. */
export const route = <Entry>(
  request: { readonly method: string; readonly path: string },
  entries: readonly Entry[],
  routed: (entry: Entry) => Routed,
): { readonly entry: Entry; readonly params: Readonly<Record<string, string>> } => {
  const segments = request.path.split("/");
  const method = request.method === "HEAD" ? "GET" : request.method;
  const allowed: string[] = [];
  for (const entry of entries) {
    const { path, method: own } = routed(entry);
    const params = match(path.split("/"), segments);
    if (params === undefined) continue;
    if (own === method) return { entry, params };
    allowed.push(own);
  }
  if (allowed.length === 0) throw new Refusal("route_unknown", "There is nothing at this path.");
  const allow = allowed.join(", ");
  throw new Refusal("method_not_allowed", `This path takes ${allow}.`, { headers: { allow } });
};

const match = (
  template: readonly string[],
  segments: readonly string[],
): Readonly<Record<string, string>> | undefined => {
  if (template.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const segment = segments[index] ?? "";
    if (part.startsWith("{")) {
      try {
        params[part.slice(1, -1)] = decodeURIComponent(segment);
      } catch {
        return undefined;
      }
    } else if (part !== segment) return undefined;
  }
  return params;
};
