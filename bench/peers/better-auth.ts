import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { apiKey } from "@better-auth/api-key";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";

/** Keys of better-auth's API-key plugin, as it comes: in SQLite, verified in this process with its documented call. */
export interface BetterAuthKeys {
  readonly keys: readonly string[];
  verify(key: string): Promise<boolean>;
}

/** A limit is checked and counted with each verification, and is never reached. */
const rateLimit = { enabled: true, timeWindow: 60_000, maxRequests: 1_000_000_000 };

/** Makes a new database in the folder, one user, and as many keys of the user. */
export const openBetterAuth = async (folder: string, count: number): Promise<BetterAuthKeys> => {
  const database = new DatabaseSync(join(folder, "better-auth.sqlite"));
  // Faster than SQLite's own settings, and as safe from corruption: a power cut may take the last counts.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  const options = {
    database,
    baseURL: "http://127.0.0.1",
    secret: "made-for-the-benchmark-and-for-nothing-else",
    logger: { disabled: true },
    telemetry: { enabled: false },
    emailAndPassword: { enabled: true },
    plugins: [apiKey({ rateLimit })],
  } satisfies BetterAuthOptions;
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  const auth = betterAuth(options);

  const { user } = await auth.api.signUpEmail({
    body: { name: "bench", email: "bench@example.com", password: "made-for-the-benchmark" },
  });
  const keys: string[] = [];
  for (let place = 0; place < count; place++) {
    const { key } = await auth.api.createApiKey({ body: { userId: user.id, name: `key-${place}` } });
    keys.push(key);
  }
  return {
    keys,
    verify: async (key) => {
      const { valid } = await auth.api.verifyApiKey({ body: { key } });
      return valid;
    },
  };
};
