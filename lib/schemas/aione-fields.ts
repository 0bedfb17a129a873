import * as z from "zod";

/** What AIone's requests and the canonical key have in common: every action knows its bounds. */

/** Lengths are not published; bounds keep a row within what every store can hold. */
export const name = z.string().min(1).max(255);
export const limit = z.int().min(1).max(2_147_483_647).nullable();
