import { expect, it } from "vitest";
import { committed, keptOf, receiptRecord } from "../../lib/receipts/receipt.ts";
import { rootAccount } from "../support/keyway.ts";

it("a receipt of a version that did not say why nobody can tell is read as it was", () => {
  const ended = { provider: "tokenhub", key: "ak-1", generation: null, cause: "disabled" } as const;
  const receipt = committed(ended, (bytes) => Buffer.alloc(bytes), new Date(0));
  const record = receiptRecord(rootAccount, { receipt, sealed: null }, { version: 1 });
  const { unproven: _, ...older } = receipt;
  expect(keptOf({ ...record, body: { receipt: older, sealed: null } }).receipt).toEqual(receipt);
});
