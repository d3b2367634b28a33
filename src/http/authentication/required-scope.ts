import type { Scope } from '../../access/api-keys.ts';
import { operations } from '../../operations/find-operation.ts';
import { isAdapterPath, isForPrograms } from '../routes-by-audience.ts';

/** Pages and documents that tell nobody anything: the console's own files, health, OAuth metadata. */
const openPaths = [/^\/$/, /^\/health$/, /^\/ready$/, /^\/\.well-known\//, /^\/favicon\.ico$/, /^\/console(\/|$)/];

/** Ollama's routes that change the registry ask for what the command does. */
const modelChangingScope = operations.find((operation) => operation.name === 'models.remove')?.scope ?? 'admin';

/** What a request needs; `undefined` for what is open to all. What nobody thought of needs `read`. */
export function requiredScope(method: string, path: string): Scope | 'any' | undefined {
  if ((method === 'GET' || method === 'HEAD') && openPaths.some((pattern) => pattern.test(path))) return undefined;
  if (isAdapterPath(path)) return 'serve';
  // Any valid credential will do for using a model, and for MCP, where each tool asks for its own scope.
  if (path === '/mcp' || isForPrograms(path)) return 'any';
  if (/^\/api\/(delete|pull)$/.test(path)) return modelChangingScope;
  const name = method === 'POST' ? /^\/api\/operations\/([\w.-]+)$/.exec(path)?.[1] : undefined;
  return operations.find((operation) => operation.name === name)?.scope ?? 'read';
}
