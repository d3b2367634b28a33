import type { OperationTraits } from './operation-traits.ts';

/** What a request wants done, as far as its words tell. */
export interface Intent {
  read: boolean;
  create: boolean;
  update: boolean;
  delete: boolean;
}

const QUESTION =
  /^(what|which|who|whose|when|where|why|how|is|are|was|were|does|do|did|has|have|had|can|could i see|am|will)\b/;
const READ =
  /\b(list|show|see|view|display|get|fetch|read|look up|lookup|find|retrieve|check|download|export|inspect|browse|enumerate|tell me|give me|pull|report|compare|count|describe|status of|details|history|overview|search|monitor)\b/;
const CREATE =
  /\b(create|add|new|make|set up|setup|spin up|provision|register|open|start|launch|issue|generate|order|reserve|allocate|upload|attach|onboard|invite|enrol|enroll|import|put|store|host|build|append|subscribe|request|submit|clone|duplicate|copy|schedule|grant|assign|activate|deactivate|deploy|publish|push|roll ?back|revert|restore|reset|acknowledge|approve|accept|reboot|restart|boot|shut|rebuild|migrate|recycle|regenerate|rotate|validate|verify|move|close|execute|run|trigger|send|flush|purge|invalidate|clear|refresh|revoke|lock|unlock|enable|disable|block|unblock|ban|onboard|combine|bundle|lump|connect|link up|hook up|plug in|carve|begin|bring up|bring back|permit|let in|join|introduce|define|draft|sign up|buy|hand out)\b/;
const UPDATE =
  /\b(update|change|modify|edit|set|rename|replace|adjust|switch|configure|turn on|turn off|enable|disable|move|patch|tune|alter|increase|decrease|raise|lower|extend|resize|scale|rotate|correct|fix|allow|block|ban|force|protect|write|overwrite|assign|reorder|lock|unlock|mark|point|redirect|raise|reduce|swap|shift|restrict|limit|stop|switch on|switch off|tell|refine|convert|retitle|reword|make it|turn|relax|tighten|exempt|opt)\b/;
const DELETE =
  /\b(delete|remove|drop|erase|destroy|get rid of|cancel|abort|revoke|wipe|clean up|take off|take out|discard|terminate|kill|unassign|detach|unsubscribe|stop|withdraw|tear down|deactivate|halt|decommission|kick out|bin|trash|can go|no longer need|not needed|unhook|unlink|disconnect|cut off|dispose|throw away|throw out|take away|take down|give back|retire|scrap|ditch|dump|expel|strip|clear out|shred|kill off|dropped|uninstall|unplug|unpublish|take .{1,40} out)\b/;

/** Reads the intent from the verbs and the form of a request (lower case). A request can want several. */
export function intentOf(request: string): Intent {
  const text = request.replace(
    /^(please|can you|could you|would you|i want to|i need to|i'd like to|we need to|help me|let me|how do i|how can i|how to)\s+/,
    '',
  );
  const howTo = text !== request && /^how/.test(request);
  const first = text.split(/\s+/).slice(0, 3).join(' ');
  const question = !howTo && QUESTION.test(text);
  const verb = (pattern: RegExp) => pattern.test(first) || (!question && pattern.test(text));
  return {
    read: question || READ.test(first),
    create: verb(CREATE),
    update: verb(UPDATE),
    delete: verb(DELETE),
  };
}

/** How well an operation's method and path shape suit the intent: 1 is neutral. */
export function intentFactor(intent: Intent, { operation, removes, single }: OperationTraits): number {
  const { method, effect } = operation;
  const wantsChange = intent.create || intent.update || intent.delete;
  let factor = 1;
  if (intent.read) {
    if (effect === 'read') factor *= 1.25;
    else if (!wantsChange) factor *= 0.6;
  } else if (wantsChange && effect === 'read' && method === 'GET') {
    factor *= 0.72;
  }
  if (!wantsChange) return factor;
  if (intent.delete) factor *= removes ? 1.3 : intent.create || intent.update ? 1 : 0.85;
  else if (removes) factor *= 0.55;
  if (intent.create && method === 'POST') factor *= 1.18;
  if (intent.update && (method === 'PUT' || method === 'PATCH')) factor *= 1.15;
  if (intent.update && !intent.create && method === 'POST' && !single) factor *= 1.02;
  return factor;
}
