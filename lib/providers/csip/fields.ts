import * as z from "zod";

/** No bounds are published. */
export const csipFields = z.lazy(() => z.object({}));
