import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { directionFaults, readSources } from "../scripts/check-directions.ts";

/** The check of the arrows itself: what it lets through, and what it does not. */

const faults = (files: Record<string, string>): readonly string[] =>
  directionFaults(new Map(Object.entries(files)));

it("the house as it stands has no wrong arrow", () => {
  const sources = readSources(join(import.meta.dirname, ".."));
  expect(sources.size).toBeGreaterThan(50);
  expect(directionFaults(sources)).toEqual([]);
});

describe("an allowed arrow is none", () => {
  it.each([
    ["inside a part", "lib/signing/tc3-verifier.ts", 'import { x } from "./tc3.ts";'],
    ["to the port alone", "lib/sealing/vault.ts", 'import type { Store } from "../store/port/store.ts";'],
    ["from the doors into lib", "functions/tokenhub/x.ts", 'import { x } from "../../lib/action.ts";'],
    ["to a library", "lib/schemas/key.ts", 'import * as z from "zod";'],
    ["the table at the door", "functions/door.ts", 'import { actions } from "./actions.ts";'],
    ["inside a service", "lib/providers/csip/x.ts", 'import { x } from "./wire.ts";'],
    ["from an action", "functions/csip/x.ts", 'import { x } from "../../lib/providers/csip/wire.ts";'],
    ["of the registry", "lib/providers/services.ts", 'import { x } from "./csip/dialect.ts";'],
    ["of the registry of profiles", "lib/providers/profiles.ts", 'import { x } from "./csip/profile.ts";'],
    ["of a client", "lib/surfaces/x.ts", 'import { x } from "../providers/upstream/forward.ts";'],
  ])("%s", (_, file, text) => {
    expect(faults({ [file]: text })).toEqual([]);
  });
});

describe("a wrong arrow is told, however it is written", () => {
  it.each([
    ["import", 'import { x } from "../store/port/store.ts";'],
    ["over several lines", 'import {\n  type X,\n  y,\n} from "../store/port/store.ts";'],
    ["import type", 'import type { X } from "../store/port/store.ts";'],
    ["export from", 'export { x } from "../store/port/store.ts";'],
    ["for its effect", 'import "../store/port/store.ts";'],
    ["at run time", 'const x = await import("../store/port/store.ts");'],
    ["as a type", 'type X = import("../store/port/store.ts").X;'],
    ["in single quotes", "import { x } from '../store/port/store.ts';"],
  ])("%s", (_, text) => {
    expect(faults({ "lib/signing/x.ts": text })).toEqual([
      "lib/signing/x.ts imports lib/store/port/store.ts, which lib/signing may not",
    ]);
  });

  it("an import whose target only the run will tell", () => {
    expect(faults({ "lib/runtime/x.ts": "await import(name);" })).toEqual([
      "lib/runtime/x.ts imports what only the run will tell",
    ]);
    expect(faults({ "lib/runtime/x.ts": "await import(`./name.ts`);" })).toHaveLength(1);
  });
});

describe("each rule holds", () => {
  it.each([
    ["lib never imports functions", "lib/runtime/x.ts", "../../functions/http.ts"],
    ["signing knows nothing of ours", "lib/signing/x.ts", "../keys/secret.ts"],
    ["signing knows node:crypto only", "lib/signing/x.ts", "zod"],
    ["schemas do no I/O", "lib/schemas/x.ts", "node:fs"],
    ["keys do no I/O", "lib/keys/x.ts", "node:sqlite"],
    ["providers reach the store by its port", "lib/providers/embedded.ts", "../store/sqlite.ts"],
    ["the store knows no provider", "lib/store/sqlite.ts", "../providers/embedded.ts"],
    ["the store knows no policy of access", "lib/store/sqlite/x.ts", "../../access/credential.ts"],
    ["surfaces do not compose", "lib/surfaces/facade.ts", "../runtime/compose.ts"],
    ["an action never reads the table", "functions/tokenhub/x.ts", "../actions.ts"],
    ["an operation never reads the table", "functions/audit/x.ts", "../operations.ts"],
    ["a service knows no other", "lib/providers/csip/x.ts", "../aione/time.ts"],
    ["a service knows no client of its own", "lib/providers/csip/x.ts", "../upstream/failure.ts"],
    ["clients know no service", "lib/providers/upstream/x.ts", "../aione/dialect.ts"],
    ["what services share knows none", "lib/providers/embedded.ts", "./aione/profile.ts"],
    ["an action knows its own service", "functions/csip/x.ts", "../../lib/providers/aione/codec.ts"],
  ])("%s", (_, file, target) => {
    expect(faults({ [file]: `import { x } from "${target}";` })).toHaveLength(1);
  });

  it("a new part needs rules before it is used", () => {
    expect(faults({ "lib/new/x.ts": "" })).toEqual(["lib/new/x.ts is of no part that the rules know"]);
  });

  it("a cycle is told with its way, types included", () => {
    expect(
      faults({
        "lib/keys/a.ts": 'import { b } from "./b.ts";',
        "lib/keys/b.ts": 'import type { A } from "./a.ts";',
      }),
    ).toEqual(["cycle: lib/keys/a.ts -> lib/keys/b.ts -> lib/keys/a.ts"]);
  });
});
