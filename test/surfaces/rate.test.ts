import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Refusal } from "../../lib/errors.ts";
import { rateLimiter } from "../../lib/keys/rate.ts";
import { admit } from "../../lib/surfaces/facade/rate.ts";

