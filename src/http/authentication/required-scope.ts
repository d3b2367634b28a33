import { operations } from '../../operations/index.ts';
import type { Scope } from '../../store/api-keys.ts';

/** Pages and documents that tell nobody anything: the console's own files, health, OAuth metadata. */
const openPaths = [/^\/$/, /^\/health$/, /^\/ready$/, /^\/\.well-known\//, /^\/favicon\.ico$/, /^\/console(\/|$)/];

/** Where any valid credential will do: using a model, and MCP, where each tool asks for its own scope. */
const anyCredentialPaths = [/^\/mcp$/, /^\/v1\//, /^\/api\/(chat|generate|embed|embeddings|tags|show|ps|version)$/];

/** Ollama's routes that change the registry ask for what the command does. */
const modelChangingScope = operations.find((operation) => operation.name === 'models.remove')?.scope ?? 'admin';

/** What a request needs; `undefined` for what is open to all. What nobody thought of needs `read`. */
export function requiredScope(method: string, path: string): Scope | 'any' | undefined {
  if ((method === 'GET' || method === 'HEAD') && openPaths.some((pattern) => pattern.test(path))) return undefined;
  if (/^\/v1\/(un)?load_lora_adapter$/.test(path)) return 'serve';
  if (anyCredentialPaths.some((pattern) => pattern.test(path))) return 'any';
  if (/^\/api\/(delete|pull)$/.test(path)) return modelChangingScope;
  const name = method === 'POST' ? /^\/api\/operations\/([\w.-]+)$/.exec(path)?.[1] : undefined;
  return operations.find((operation) => operation.name === name)?.scope ?? 'read';
}
