import { operatorSlotTokens } from './value-kinds.ts';

const user = '<|user|>';
const assistant = '<|assistant|>';
const end = '<|end|>';

/** Tokens that structure the conversation; never shown. `end` ends an answer and pads batches. */
export const operatorControlTokens = { user, assistant, end } as const;

/** All special tokens in the order of their ids: control tokens first, then kinds and slots. */
export const operatorSpecialTokens: readonly string[] = [end, user, assistant, ...operatorSlotTokens];

/** A Jinja chat template: of a conversation only the last request counts, since each proposal stands alone. */
export const operatorChatTemplate = `{{ '${user}' + messages[-1]['content'] + '${assistant}' }}`;

/** The same for training, where the answer follows. */
export const operatorPrompt = (encodedRequest: string): string => `${user}${encodedRequest}${assistant}`;
