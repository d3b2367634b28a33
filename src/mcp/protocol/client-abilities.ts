import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { tasksExtension } from '../tasks/task.ts';
import { viewsExtension } from '../views/views.ts';

/** What a client said that it can do. */
export interface ClientAbilities {
  /** Follows long work as tasks. */
  tasks: boolean;
  /** Shows results in views (MCP Apps). */
  views: boolean;
  /** Can show a form that we write. */
  forms: boolean;
  /** Can send its user to a page. */
  links: boolean;
}

/** Said with each request in the 2026 era, once per session before. */
export function abilitiesOf(context: ServerContext, server?: Server): ClientAbilities {
  const envelope = context.mcpReq.envelope as Record<string, ClientCapabilities | undefined> | undefined;
  const declared = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server?.getClientCapabilities();
  const elicitation = declared?.elicitation;
  return {
    // The extension belongs to the 2026 era.
    tasks: envelope !== undefined && declared?.extensions?.[tasksExtension] !== undefined,
    views: declared?.extensions?.[viewsExtension] !== undefined,
    // Before modes existed, `elicitation: {}` meant forms.
    forms: elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined),
    links: elicitation?.url !== undefined,
  };
}
