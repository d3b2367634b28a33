import { userInfo } from 'node:os';
import { type InputRequiredResult, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { type AskPerson, type Form, PersonAsked } from '../operations/ask-person.ts';
import { mayUse } from '../store/caller.ts';
import { visibleLines } from '../text/visible-text.ts';
import type { ToolCall } from './tool.ts';

/** Leaves a handler so that the client can be asked; the handler then runs again, with the answer. */
export class InputNeeded extends PersonAsked {
  readonly result: InputRequiredResult;

  constructor(result: InputRequiredResult) {
    super('A person has to answer first.');
    this.result = result;
  }
}

const key = 'answer';

/**
 * Asks the person behind a client: with a form where the client shows forms, else with a link to the console. The
 * digest of what the form is about travels sealed, so an answer counts only for what was shown, to whom it was shown,
 * within ten minutes. Undefined when the caller may not approve, or the client can show neither.
 */
export function askThroughElicitation(call: ToolCall, consoleUrl: string): AskPerson | undefined {
  const { caller, client, context } = call;
  if (!mayUse(caller, 'approve') || !(client.forms || client.links)) return undefined;
  return async (form) => {
    const shown = context.mcpReq.requestState<{ digest: string }>()?.digest;
    const answer = inputResponse(context.mcpReq.inputResponses, key);
    if (answer.kind !== 'elicit' || shown !== form.digest) throw await needed(form, call, consoleUrl);
    if (answer.action !== 'accept') return { action: answer.action };
    // That somebody opened the console's page says nothing yet: there the decision is made, not here.
    if (!client.forms) return { action: 'cancel' };
    const values = form.fields.safeParse(answer.content);
    if (!values.success) throw await needed(form, call, consoleUrl);
    return {
      action: 'accept',
      values: values.data,
      person: caller.name === 'local' ? userInfo().username : caller.name,
    };
  };
}

async function needed(form: Form, { client, sealState }: ToolCall, consoleUrl: string): Promise<InputNeeded> {
  const ask = client.forms
    ? inputRequired.elicit({ message: visibleLines(form.message), requestedSchema: form.fields })
    : inputRequired.elicitUrl({ message: visibleLines(form.message), url: new URL(form.path ?? '/', consoleUrl).href });
  return new InputNeeded(
    inputRequired({ inputRequests: { [key]: ask }, requestState: await sealState({ digest: form.digest }) }),
  );
}
