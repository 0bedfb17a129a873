import { Refusal } from "../errors.ts";

/** `GET /v1/credentials/{id}` */
export interface Route {
  readonly method: string;
  readonly path: string;
}

type Params = Readonly<Record<string, string>>;

interface Found<Entry> {
  readonly entry: Entry;
  readonly method: string;
  readonly params: Params;
}

/** What is served at a path, one entry for each method. */
export type Routes<Entry> = (path: string) => readonly Found<Entry>[];

/** Read once: a path without parameters is then found by its text. */
export const routesOf = <Entry>(
  entries: readonly Entry[],
  routeOf: (entry: Entry) => Route,
): Routes<Entry> => {
  const plain = new Map<string, Found<Entry>[]>();
  const templates: { readonly entry: Entry; readonly method: string; readonly parts: readonly string[] }[] =
    [];
  for (const entry of entries) {
    const { method, path } = routeOf(entry);
    if (path.includes("{")) templates.push({ entry, method, parts: path.split("/") });
    else plain.set(path, [...(plain.get(path) ?? []), { entry, method, params: {} }]);
  }
  return (path) => {
    const known = plain.get(path);
    if (known !== undefined) return known;
    const segments = path.split("/");
    const found = templates.flatMap(({ entry, method, parts }) => {
      const params = match(parts, segments);
      return params === undefined ? [] : [{ entry, method, params }];
    });
    if (found.length === 0) throw new Refusal("route_unknown", "There is nothing at this path.");
    return found;
  };
};

/** The entry that a request is for, with the values of its path's parameters. */
export const route = <Entry>(
  request: { readonly method: string; readonly path: string },
  routes: Routes<Entry>,
  allow: (methods: readonly string[]) => string = (methods) => methods.join(", "),
): { readonly entry: Entry; readonly params: Params } => {
  const found = routes(request.path);
  const wanted = request.method === "HEAD" ? "GET" : request.method;
  const fit = found.find(({ method }) => method === wanted);
  if (fit !== undefined) return fit;
  const allowed = allow(found.map(({ method }) => method));
  throw new Refusal("method_not_allowed", `This path takes ${allowed}.`, { headers: { allow: allowed } });
};

const match = (template: readonly string[], segments: readonly string[]): Params | undefined => {
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
