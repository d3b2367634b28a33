import { z } from 'zod';
import { deploymentNameSchema } from '../../inputs/names.ts';
import { renderChat } from '../../serving/chat/chat-prompt.ts';
import { GREEDY } from '../../serving/sampling/sampling-settings.ts';
import { openServing } from '../../workflows/serving/open-serving.ts';
import { defineOperation } from '../operation.ts';

const stopSeconds = 5;

export const modelsAsk = defineOperation({
  name: 'models.ask',
  title: 'Ask a deployed model',
  description:
    'Sends one request to a deployed model and returns its greedy answer. The operator model answers with the Akamai operation it proposes; nothing is done.',
  effect: 'read',
  scope: 'serve',
  idempotent: true,
  openWorld: false,
  job: false,
  positionals: ['request'],
  example: 'fts models ask "purge everything tagged black-friday on staging"',
  input: z.object({
    request: z.string().min(1).describe('What to ask'),
    model: deploymentNameSchema.default('operator').describe('Name it is served under'),
    maxTokens: z.number().int().min(1).max(4096).default(256),
  }),
  output: z.object({ model: z.string(), answer: z.string(), tokens: z.number() }),
  async run({ request, model: name, maxTokens }, context) {
    const { pool } = openServing(context);
    try {
      const { model, release } = await pool.acquire(name);
      try {
        const { prompt, stop, decoding } = renderChat(model, [{ role: 'user', content: request }], undefined);
        const asked = { prompt, stop, decoding, maxTokens, sampling: GREEDY };
        let answer = '';
        let tokens = 0;
        for await (const event of pool.generate(model, asked, {
          key: 'operation',
          traceId: context.jobId ?? 'operation',
          signal: context.signal,
        })) {
          if (event.kind !== 'tokens') continue;
          answer += event.text;
          tokens += event.tokens;
        }
        return { model: name, answer, tokens };
      } finally {
        release();
      }
    } finally {
      await pool.drain(stopSeconds);
    }
  },
  manyLines: ['answer'],
  render: ({ answer }) => answer,
});
