import type { TextDecoding } from '../model/text-codec.ts';
import type { RequestSlot, RequestValue } from './delexicalise.ts';
import { type ArgumentForm, type OperatorOperationName, operatorOperations } from './operations.ts';

/**
 * Puts the values of one request back into what the model writes, as it writes it. Each slot becomes JSON in the form
 * that the argument's schema asks for; a slot that the request does not have becomes `null`, which no schema accepts.
 */
export class SlotDecoder implements TextDecoding {
  readonly #slots: ReadonlyMap<string, readonly RequestValue[]>;
  #held = '';
  #generated = '';

  constructor(slots: readonly RequestSlot[]) {
    this.#slots = new Map(slots.map(({ token, values }) => [token, values]));
  }

  write(piece: string): string {
    this.#held += piece;
    let settled = '';
    for (;;) {
      const open = this.#held.indexOf('<');
      if (open < 0) break;
      const slot = /^<[a-z]+\d?:\d>/.exec(this.#held.slice(open));
      if (!slot && /^<[a-z]{0,5}\d?:?\d?$/.test(this.#held.slice(open))) {
        settled += this.#pass(this.#held.slice(0, open));
        this.#held = this.#held.slice(open);
        return settled;
      }
      settled += this.#pass(this.#held.slice(0, slot ? open : open + 1));
      if (slot) settled += this.#render(slot[0]);
      this.#held = this.#held.slice(open + (slot ? slot[0].length : 1));
    }
    settled += this.#pass(this.#held);
    this.#held = '';
    return settled;
  }

  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }

  #pass(text: string): string {
    this.#generated += text;
    return text;
  }

  #render(token: string): string {
    const values = this.#slots.get(token);
    if (!values) return 'null';
    const form = this.#form();
    const rendered = values.map((value) => JSON.stringify(argumentValue(value, form)));
    // A list where one value belongs is written as an array: the schema refuses it, and nothing is silently dropped.
    const inArray = form === 'texts' || form === 'numbers';
    return inArray || rendered.length === 1 ? rendered.join(',') : `[${rendered.join(',')}]`;
  }

  /** The form of the argument that is being written. */
  #form(): ArgumentForm {
    const name = /"operation":"([^"]*)"/.exec(this.#generated)?.[1];
    const key = /.*"([^"]+)":/s.exec(this.#generated)?.[1];
    const args = operatorOperations[name as OperatorOperationName]?.arguments as
      | Record<string, { form: ArgumentForm }>
      | undefined;
    return (key === undefined ? undefined : args?.[key]?.form) ?? 'text';
  }
}

const secondsPerDay = 86_400;

/** A value of the request in the form that an argument asks for; left as written where it cannot take that form. */
export function argumentValue(value: RequestValue, form: ArgumentForm): string | number {
  switch (form) {
    case 'number':
    case 'numbers':
      return value.amount ?? digitsOf(value.written) ?? value.written;
    case 'seconds':
      return value.amount ?? digitsOf(value.written) ?? value.written;
    case 'days':
      if (value.kind === 'dur' && value.amount !== undefined) return Math.round(value.amount / secondsPerDay);
      return value.amount ?? digitsOf(value.written) ?? value.written;
    case 'version':
      return value.amount === undefined ? value.written.replace(/^v(?=\d)/i, '') : String(value.amount);
    default:
      return value.written;
  }
}

function digitsOf(written: string): number | undefined {
  const digits = /^(?:[a-z]+[_-]?|#)?(\d{1,15})$/i.exec(written)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
