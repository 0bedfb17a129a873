import type { LogLine } from "../house.ts";
import type { Store } from "../store/port/store.ts";
import type { ProviderConfig } from "./config-file.ts";

/**
 * A line for each provider whose keys are kept here and answered by nobody: its name was given to a real system, or
 * left out of the configuration. Whoever changed `keyway.json` would otherwise learn of it from callers that are refused.
 */
export const unreachableKeys = async (
  store: Pick<Store, "countKeys">,
  configured: readonly ProviderConfig[],
): Promise<readonly LogLine[]> =>
  (await store.countKeys()).flatMap(({ provider, keys }) => {
    const now = configured.find(({ name }) => name === provider);
    if (now !== undefined && now.upstream === undefined) return [];
    const why = now === undefined ? "is not configured" : "is now a real system's";
    const [of, are, they] = keys === 1 ? ["key of", "is", "it"] : ["keys of", "are", "they"];
    const kept = `${keys} ${of} \`${provider}\` ${are} kept here`;
    const lost = `but \`${provider}\` ${why}: ${they} ${are} neither listed nor verified`;
    return [{ level: "warning", message: `${kept}, ${lost}` }];
  });
