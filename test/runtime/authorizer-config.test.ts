import { describe, expect, it } from "vitest";
import { readAuthorizerConfig } from "../../lib/runtime/authorizer-config.ts";
import { ConfigFault } from "../../lib/runtime/config.ts";

const names = ["aione", "tokenhub"];
const token = "made-up-for-a-test-0123456789";

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readAuthorizerConfig(env, names);
    return [];
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults;
    throw error;
  }
};

it("is a token and, where wanted, what is asked of each call", () => {
  const own = {
    KEYWAY_AUTHORIZER_TOKEN: token,
    KEYWAY_AUTHORIZER_QUERY: "scope=partial&provider=aione&tokens=5",
  };
  const config = readAuthorizerConfig(own, names);
  expect(config.token.expose()).toBe(token);
  expect(config.query).toEqual({ scope: "partial", provider: "aione", tokens: "5" });
  expect(readAuthorizerConfig({ KEYWAY_AUTHORIZER_TOKEN: token }, names).query).toEqual({});
});

describe("what is wrong is told by name", () => {
  it.each(["provider=none", "scope=all", "modle=a", "valid=200", "a", "model=a&model=b"])("%s", (query) => {
    const faults = faultsOf({ KEYWAY_AUTHORIZER_TOKEN: token, KEYWAY_AUTHORIZER_QUERY: query });
    expect(faults).toEqual([expect.stringContaining("KEYWAY_AUTHORIZER_QUERY")]);
  });

  it("all at once", () => {
    expect(faultsOf({ KEYWAY_AUTHORIZER_QUERY: "scope=all" })).toEqual([
      "KEYWAY_AUTHORIZER_TOKEN must be the token of a credential that may verify.",
      expect.stringContaining("KEYWAY_AUTHORIZER_QUERY"),
    ]);
  });
});
