import { readExceptions } from "../../lib/hygiene/exceptions.ts";
import { factsOf, readCommon } from "../../lib/hygiene/read-facts.ts";
import { findingsOf, rulesOf } from "../../lib/hygiene/rules.ts";
import { defineOperation, nothing } from "../../lib/operation.ts";
import { fanOut } from "../../lib/providers/fan-out.ts";
import { hygieneQuery, hygieneReply } from "../../lib/schemas/hygiene.ts";
import { pageLimit } from "../../lib/schemas/page.ts";
import { readAccountRules, rulesIn } from "../../lib/verification/account-rules.ts";
import { decodeListCursor, encodeListCursor } from "../keys/list-cursor.ts";

/** For each provider, well within what callers wait. */
const timeoutMs = 10_000;

/** A page of keys is looked at, and no more: it may hold many findings, or none before the last page. */
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
  run: async ({ query }, { house, caller, provider, providers }) => {
    const { store, usage, clock } = house;
    const account = caller.account.id;
    const asked = query.provider === undefined ? providers() : [provider(query.provider)];
    const rules = rulesOf(query.rule);
    // A rule is about keys in one status: those in the other are not even listed.
    const [status, ...others] = new Set(rules.map((rule) => rule.status));
    const criteria = others.length === 0 && status !== undefined ? { status } : {};
    const list = JSON.stringify(["hygiene", account, query.provider, query.rule]);
    const position =
      query.cursor === undefined ? undefined : decodeListCursor(house.vault, list, query.cursor);
    const limit = pageLimit(query.limit);
    const { items, next, warnings } = await fanOut(asked, { caller, criteria, position, limit, timeoutMs });
    const parts = { store, usage, clock };
    const allowlist = rulesIn((await readAccountRules(store, account))?.body).ipAllowlist;
    const common = await readCommon(parts, account, items, {
      isUnderAllowlist: allowlist.length > 0,
      needsUse: rules.some(({ byUse }) => byUse),
    });
    const findings = await Promise.all(
      items.map(async (key) => {
        const of = asked.find(({ name }) => name === key.provider);
        if (of === undefined) return [];
        const [facts, { open }] = await Promise.all([
          factsOf(parts, common, of, key),
          readExceptions(store, { account, provider: of.name, id: key.id }, common.now),
        ]);
        return findingsOf(facts, rules, (code) => open.some(({ rule }) => rule === code));
      }),
    );
    return {
      items: findings.flat(),
      nextCursor: next === null ? null : encodeListCursor(house.vault, list, next),
      warnings: [...warnings],
    };
  },
});
