import { z } from 'zod';

/** Who asked, and through what. */
export const actorSchema = z.object({
  name: z.string(),
  channel: z.enum(['terminal', 'mcp', 'http', 'console', 'system']),
});
export type Actor = z.output<typeof actorSchema>;

/** The program itself, where nobody asked. */
export const systemActor: Actor = { name: 'system', channel: 'system' };
