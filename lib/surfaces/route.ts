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
  allow: (methods: readonly string[]) => string = (methods) => methods.join(", "),
): { readonly entry: Entry; readonly params: Readonly<Record<string, string>> } => {
  const found = entriesAt(request, entries, routed);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const fit = found.find(({ entry }) => routed(entry).method === method);
  if (fit !== undefined) return fit;
  const allowed = allow(found.map(({ entry }) => routed(entry).method));
  throw new Refusal("method_not_allowed", `This path takes ${allowed}.`, { headers: { allow: allowed } });
};

/** The methods that a path takes. */
export const methodsAt = <Entry>(
  request: { readonly path: string },
  entries: readonly Entry[],
  routed: (entry: Entry) => Routed,
): readonly string[] => entriesAt(request, entries, routed).map(({ entry }) => routed(entry).method);

const entriesAt = <Entry>(
  request: { readonly path: string },
  entries: readonly Entry[],
  routed: (entry: Entry) => Routed,
) => {
  const segments = request.path.split("/");
  const found = entries.flatMap((entry) => {
    const params = match(routed(entry).path.split("/"), segments);
    return params === undefined ? [] : [{ entry, params }];
  });
  if (found.length === 0) throw new Refusal("route_unknown", "There is nothing at this path.");
  return found;
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
