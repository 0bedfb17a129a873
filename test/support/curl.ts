/** The `curl` calls of a shell block, sent by fetch: not every machine has curl. */
export interface CurlCall {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | undefined;
}

/** A word in single quotes stands as it is; in double quotes and bare ones `$NAME` is a variable. */
const wordsOf = (command: string, env: Readonly<Record<string, string>>): readonly string[] =>
  [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) =>
      single ??
      (double ?? bare ?? "").replace(/\$(\w+)/g, (_, name: string) => {
        const value = env[name];
        if (value === undefined) throw new Error(`the variable ${name} is not set`);
        return value;
      }),
  );

export const curlCalls = (block: string, env: Readonly<Record<string, string>>): readonly CurlCall[] =>
  block
    .replaceAll("\\\n", " ")
    .split(/^curl /m)
    .slice(1)
    .map((command) => {
      const [flags, url = "", ...options] = wordsOf(command, env);
      // Silent, but for what went wrong.
      if (flags !== "-sS") throw new Error(`curl ${flags}`);
      const given = (name: string): readonly string[] =>
        options.filter((_, place) => place % 2 === 1 && options[place - 1] === name);
      const unknown = options.filter((name, place) => place % 2 === 0 && !["-H", "-d", "-X"].includes(name));
      if (unknown.length > 0) throw new Error(`options that are not known here: ${unknown.join(" ")}`);
      const [body] = given("-d");
      return {
        url: url.startsWith("http") ? url : `http://${url}`,
        method: given("-X")[0] ?? (body === undefined ? "GET" : "POST"),
        headers: given("-H").map((header): [string, string] => {
          const [name = "", ...value] = header.split(":");
          return [name, value.join(":").trim()];
        }),
        body,
      };
    });
