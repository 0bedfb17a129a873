import { execFileSync } from "node:child_process";

/** Runs the `curl` calls of a shell block by fetch: not every machine has curl, nor a shell that knows them. */
export interface CurlReply {
  readonly url: string;
  readonly status: number;
  readonly text: string;
}

type Variables = Readonly<Record<string, string>>;

/** A piece in single quotes stands as it is; in double quotes and bare ones `$NAME` is a variable. */
const wordsOf = (command: string, variables: Variables): readonly string[] =>
  [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"|([^'"]+)/g, (_, single?: string, double?: string, bare?: string) =>
      single === undefined ? expanded(double ?? bare ?? "", variables) : single,
    ),
  );

const expanded = (text: string, variables: Variables): string =>
  text.replace(/\$(\w+)/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`the variable ${name} is not set`);
    return value;
  });

const curl = async ([flags, target = "", ...options]: readonly string[]): Promise<CurlReply> => {
  // Silent, but for what went wrong.
  if (flags !== "-sS") throw new Error(`curl ${flags}`);
  const given = (name: string): readonly string[] =>
    options.filter((_, place) => place % 2 === 1 && options[place - 1] === name);
  const unknown = options.filter((name, place) => place % 2 === 0 && !["-H", "-d", "-X"].includes(name));
  if (unknown.length > 0) throw new Error(`options that are not known here: ${unknown.join(" ")}`);
  const [body] = given("-d");
  const url = target.startsWith("http") ? target : `http://${target}`;
  const reply = await fetch(url, {
    method: given("-X")[0] ?? (body === undefined ? "GET" : "POST"),
    headers: given("-H").map((header): [string, string] => {
      const [name = "", ...value] = header.split(":");
      return [name, value.join(":").trim()];
    }),
    body: body ?? null,
  });
  return { url, status: reply.status, text: await reply.text() };
};

interface Line {
  readonly program: string;
  readonly rest: string;
  /** `NAME=$(…)` keeps what the program prints. */
  readonly name: string | undefined;
}

const linesOf = (block: string): readonly Line[] =>
  block
    .replaceAll("\\\n", " ")
    .split(/^(?=(?:\w+=\$\()?(?:curl|node) )/m)
    .flatMap((text) => {
      const [, name, program, rest = ""] = /^(?:(\w+)=\$\()?(curl|node -pe) ([\s\S]*?)\s*$/.exec(text) ?? [];
      if (program === undefined) return [];
      return [{ program, name, rest: name === undefined ? rest : rest.replace(/\)$/, "") }];
    });

/** One line after another: `curl`, and `node -pe` on what it answered. Answers the replies and all variables. */
export const runCurl = async (
  block: string,
  given: Variables,
): Promise<{ readonly replies: readonly CurlReply[]; readonly variables: Variables }> => {
  const replies: CurlReply[] = [];
  let variables = given;
  for (const { program, name, rest } of linesOf(block)) {
    const words = wordsOf(rest, variables);
    let printed: string;
    if (program === "curl") {
      const reply = await curl(words);
      replies.push(reply);
      printed = reply.text;
    } else {
      printed = execFileSync(process.execPath, ["-pe", ...words], { encoding: "utf8" });
    }
    if (name !== undefined) variables = { ...variables, [name]: printed.trim() };
  }
  return { replies, variables };
};
