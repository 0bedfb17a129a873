import { judgeKeys } from "../../lib/hygiene/judge.ts";
import { rulesOf } from "../../lib/hygiene/rules.ts";
import { fateOf, storedFindings } from "../../lib/hygiene/stored.ts";
import { defineOperation, nothing, type OperationContext } from "../../lib/operation.ts";
import { fanOut, type Position } from "../../lib/providers/fan-out.ts";
import type { Provider } from "../../lib/providers/port.ts";
import { type Finding, hygieneQuery, hygieneReply, storedRule } from "../../lib/schemas/hygiene.ts";
import { pageLimit } from "../../lib/schemas/page.ts";
import { readAccountRules, rulesIn } from "../../lib/verification/account-rules.ts";
import { decodeListCursor, encodeListCursor } from "../keys/list-cursor.ts";

/** For each provider, well within what callers wait. */
const timeoutMs = 10_000;

/**
 * First what was written down when it happened, then what is found of keys: a page of them is looked at, and no more, so
 * that a page may hold many findings, or none before the last one.
 */
export const listFindings = defineOperation({
  method: "GET",
  path: "/v1/hygiene",
  name: "ListFindings",
  summary: "What is not well with keys, page by page of keys, each finding with the call that mends it",
  permission: "keys:read",
  params: nothing,
  query: hygieneQuery,
  body: nothing,
  reply: hygieneReply,
  status: 200,
  example: { query: { provider: "aione", rule: "no_allowlist", limit: "10" } },
  run: async ({ query }, context) => {
    const { house, caller, provider, providers } = context;
    const asked: Asked = {
      providers: query.provider === undefined ? providers() : [provider(query.provider)],
      isAll: query.provider === undefined && context.principal.providers === "all",
      rule: query.rule,
      limit: pageLimit(query.limit),
    };
    const list = JSON.stringify(["hygiene", caller.account.id, query.provider, query.rule]);
    const from = query.cursor === undefined ? undefined : decodeListCursor(house.vault, list, query.cursor);
    const isFirst = from === undefined || from[writtenDown] !== undefined;
    const stored = isFirst ? await storedPage(context, asked, from?.[writtenDown] ?? null) : nothingStored;
    const keys =
      stored.next === null ? await keysPage(context, asked, isFirst ? undefined : from) : nothingOfKeys;
    const next = stored.next === null ? keys.next : { [writtenDown]: stored.next };
    return {
      items: [...stored.items, ...keys.items],
      nextCursor: next === null ? null : encodeListCursor(house.vault, list, next),
      warnings: [...keys.warnings],
    };
  },
});

interface Asked {
  readonly providers: readonly Provider[];
  /** Whether what is about no provider of these is asked for, too. */
  readonly isAll: boolean;
  readonly rule: Finding["rule"] | undefined;
  readonly limit: number;
}

/** In a cursor: the list is still at what was written down, and has not come to the keys. No source has this name. */
const writtenDown = "[written down]";

const nothingStored = { items: [], next: null };
const nothingOfKeys = { items: [], next: null, warnings: [] };

/** Of what was written down only that which is not mended: a key that is gone is no danger any more, either. */
const storedPage = async (
  { house, caller }: OperationContext,
  { providers, isAll, rule, limit }: Asked,
  before: string | null,
) => {
  if (rule !== undefined && rule !== storedRule) return nothingStored;
  const of = (name: string | null): Provider | undefined => providers.find((one) => one.name === name);
  const now = house.clock().toISOString();
  const { items, next } = await storedFindings(
    house.store,
    caller.account.id,
    { before, limit },
    now,
    (name) => isAll || of(name) !== undefined,
  );
  const isOpen = async ({
    finding: { provider, id },
    lastSeen,
  }: (typeof items)[number]): Promise<boolean> => {
    if (id === null) return true;
    const fate = await fateOf(of(provider), caller, { id, lastSeen }, now);
    return fate === "open" || fate === "unknown";
  };
  const open = await Promise.all(items.map(isOpen));
  return { items: items.flatMap(({ finding }, place) => (open[place] ? [finding] : [])), next };
};

const keysPage = async (
  { house, caller }: OperationContext,
  { providers, rule, limit }: Asked,
  position: Position | undefined,
) => {
  const rules = rulesOf(rule);
  if (rules.length === 0) return nothingOfKeys;
  const { store, usage, clock } = house;
  const account = caller.account.id;
  // A rule is about keys in one status: those in the other are not even listed.
  const [status, ...others] = new Set(rules.map((one) => one.status));
  const criteria = others.length === 0 && status !== undefined ? { status } : {};
  const page = await fanOut(providers, { caller, criteria, position, limit, timeoutMs });
  const parts = { store, usage, clock };
  const allowlist = rulesIn((await readAccountRules(store, account))?.body).ipAllowlist;
  const found = await judgeKeys(parts, account, providers, page.items, {
    rules,
    isUnderAllowlist: allowlist.length > 0,
    wantsFix: true,
  });
  return { ...page, items: found.flat() };
};
