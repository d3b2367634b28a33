import { userInfo } from 'node:os';
import { type InputRequiredResult, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { type AskPerson, type Form, PersonAsked } from '../../services/ask-person.ts';
import { visibleLines } from '../../text/visible-text.ts';
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

export interface Asking {
  /** Where links to the console begin. */
  consoleUrl: string;
  /** The setting `approval.client-forms`: whether a client's own form counts at all. */
  clientForms: boolean;
}

/**
 * Asks the person behind a client. A form that the client shows proves nothing, since the client may answer it by
 * itself: it is used only where the operator allowed it, for a client that the operator started or gave a key to. Every
 * other client is sent to the console by a link. The digest of what the form is about travels sealed, so an answer
 * counts only for what was shown, to whom it was shown, within ten minutes. Undefined where neither can be.
 */
export function askThroughElicitation(call: ToolCall, { consoleUrl, clientForms }: Asking): AskPerson | undefined {
  const { caller, client, context } = call;
  const usesForm = clientForms && client.forms && ['stdio', 'key', 'token'].includes(caller.credential);
  if (!usesForm && !client.links) return undefined;
  return async (form) => {
    const shown = context.mcpReq.requestState<{ digest: string }>()?.digest;
    const answer = inputResponse(context.mcpReq.inputResponses, key);
    if (answer.kind !== 'elicit' || shown !== form.digest) throw await needed(form, call, usesForm, consoleUrl);
    if (answer.action !== 'accept') return { action: answer.action };
    // That somebody opened the console's page says nothing yet: there the decision is made, not here.
    if (!usesForm) return { action: 'cancel' };
    const values = form.fields.safeParse(answer.content);
    if (!values.success) throw await needed(form, call, usesForm, consoleUrl);
    return {
      action: 'accept',
      values: values.data,
      person: caller.name === 'local' ? userInfo().username : caller.name,
    };
  };
}

async function needed(
  form: Form,
  { sealState }: ToolCall,
  usesForm: boolean,
  consoleUrl: string,
): Promise<InputNeeded> {
  const ask = usesForm
    ? inputRequired.elicit({ message: visibleLines(form.message), requestedSchema: form.fields })
    : inputRequired.elicitUrl({ message: visibleLines(form.message), url: new URL(form.path ?? '/', consoleUrl).href });
  return new InputNeeded(
    inputRequired({ inputRequests: { [key]: ask }, requestState: await sealState({ digest: form.digest }) }),
  );
}
