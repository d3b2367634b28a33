import { z } from 'zod';

/** Who asked, and through what: what records say of a caller. */
export const actorSchema = z.object({
  name: z.string(),
  channel: z.enum(['terminal', 'mcp', 'http', 'console', 'system']),
});
