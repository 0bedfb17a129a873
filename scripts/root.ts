import { openHouse } from "../lib/runtime/compose.ts";
import { readConfig } from "../lib/runtime/config.ts";
import { rootLines } from "../lib/runtime/shown-root.ts";
import { storageOf } from "../lib/runtime/storage-of.ts";
import { inlineWriter } from "../lib/store/sqlite/inline-writer.ts";
import { run, say } from "./task.ts";

/**
 * Makes the root credential of a store, or exchanges it for the one of KEYWAY_ROOT_*. A server does it when it starts; in
 * the cloud it is done once and from here, so that no function needs to hold it.
 */
run(async () => {
  // Of a root credential the configured providers say nothing.
  const config = readConfig({ ...process.env, KEYWAY_CONFIG: undefined }, []);
  let isShown = false;
  const house = await openHouse(config, [], {
    openStorage: storageOf(inlineWriter),
    isFunction: false,
    showRoot: (secrets) => {
      say(rootLines(secrets));
      isShown = true;
    },
  });
  await house.close();
  if (isShown) return;
  say(
    config.root === undefined
      ? "This store had its root credential already. To exchange it, set KEYWAY_ROOT_SECRET_ID, KEYWAY_ROOT_SECRET_KEY and KEYWAY_ROOT_TOKEN."
      : "The root credential is the one of KEYWAY_ROOT_*; the one before has failed since.",
  );
});
