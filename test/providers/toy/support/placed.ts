import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

const own = join(import.meta.dirname, "..");

/** Where the document puts a file of the service. */
const placeOf = (name: string): string => {
  if (name === "schemas.ts") return "lib/schemas/toy.ts";
  return name.includes("-") ? `functions/toy/${name}` : `lib/providers/toy/${name}`;
};

const relocated = (file: string, text: string): string =>
  text.replace(/(?<=from ")\.\.?\/[^"]+/g, (target) => {
    const wanted = target.startsWith("./") ? placeOf(target.slice(2)) : target.replace("../../../", "");
    return `./${posix.relative(posix.dirname(file), wanted)}`;
  });

/** The service's files as they would stand in the house, by path from the repository's root. */
export const placedSources = (): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(own)
      .filter((name) => name.endsWith(".ts") && name !== "actions.ts")
      .map((name) => {
        const file = placeOf(name);
        return [file, relocated(file, readFileSync(join(own, name), "utf8"))];
      }),
  );
