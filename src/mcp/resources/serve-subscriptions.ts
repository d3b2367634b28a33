import type { McpRequestContext, Server } from '@modelcontextprotocol/server';
import type { ResourceChanges } from './resource-changes.ts';

/**
 * Passes changes on to a server that outlives its request: a session of the 2025 era gets what it subscribed to; on
 * standard input and output of the 2026 era the SDK keeps the list and filters.
 */
export function serveSubscriptions(server: Server, context: McpRequestContext, changes: ResourceChanges): void {
  const subscribed = new Set<string>();
  if (context.era === 'legacy') {
    server.setRequestHandler('resources/subscribe', (request) => {
      subscribed.add(request.params.uri);
      return {};
    });
    server.setRequestHandler('resources/unsubscribe', (request) => {
      subscribed.delete(request.params.uri);
      return {};
    });
  }
  const lasting = context.era === 'legacy' || context.requestInfo === undefined;
  if (!lasting) return;
  // A connection that has gone says so through `onclose`; a notification that it misses is no loss.
  const stop = changes.subscribe((event) => {
    if (event.kind === 'resource_updated' && (context.era === 'modern' || subscribed.has(event.uri)))
      void server.sendResourceUpdated({ uri: event.uri }).catch(() => {});
    if (event.kind === 'resources_list_changed') void server.sendResourceListChanged().catch(() => {});
  });
  const closed = server.onclose;
  server.onclose = () => {
    stop();
    closed?.();
  };
}
