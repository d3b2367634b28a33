import { operatorAnswerTokens } from './answer-tokens.ts';
import { operatorSlotTokens } from './value-kinds.ts';

const user = '<|user|>';
const assistant = '<|assistant|>';
const end = '<|end|>';

/** Tokens that structure the conversation; never shown. `end` ends an answer and pads batches. */
export const operatorControlTokens = { user, assistant, end } as const;

/** Tokens that are part of the text: slots, and the fixed parts of answers. */
export const operatorTextTokens: readonly string[] = [...operatorSlotTokens, ...operatorAnswerTokens];

/** All tokens that are given and not learnt from the data, in the order of their ids. */
export const operatorSpecialTokens: readonly string[] = [end, user, assistant, ...operatorTextTokens];

/** A Jinja chat template: of a conversation only the last request counts, since each proposal stands alone. */
export const operatorChatTemplate = `{{ '${user}' + messages[-1]['content'] + '${assistant}' }}`;

/** The same for training, where the answer follows. */
export const operatorPrompt = (encodedRequest: string): string => `${user}${encodedRequest}${assistant}`;
