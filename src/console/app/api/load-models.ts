import { call } from './client.ts';

/** The registry's models, and for the newest of them every figure that was measured. */
export async function loadModels() {
  const listed = await call('models.list', {});
  const shown = await Promise.all(listed.models.slice(0, 20).map(({ name }) => call('models.show', { name })));
  return { listed, shown };
}
